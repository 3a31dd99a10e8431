"""Tasks of one kind that are under way."""

from __future__ import annotations

from dataclasses import field, replace
from typing import Generic, TypeVar

from rpds import HashTrieMap

from molsteer.steering.policy.commands import Dispatch, DispatchSimulation
from molsteer.steering.policy.values.frozen import value

TaskT = TypeVar("TaskT", bound=Dispatch)


@value(frozen=True, slots=True)
class Tasks(Generic[TaskT]):
    """Tasks in flight, and those still to be dispatched.

    Attributes:
        running: Tasks in flight by their id. It has no order of its own: sort what you take out.
        waiting: Tasks to dispatch, in order; failed ones come back to the front.
    """

    running: HashTrieMap[str, TaskT] = field(default_factory=HashTrieMap)
    waiting: tuple[TaskT, ...] = ()

    def __len__(self) -> int:
        """Tasks under way, running and waiting."""
        return len(self.running) + len(self.waiting)

    def start(self, *tasks: TaskT) -> Tasks[TaskT]:
        """Dispatch tasks that did not wait."""
        running = self.running
        for task in tasks:
            running = running.insert(task.task_id, task)
        return Tasks(running, self.waiting)

    def wait(self, *tasks: TaskT) -> Tasks[TaskT]:
        """Let tasks wait, behind those that do already."""
        return Tasks(self.running, self.waiting + tasks)

    def start_first(self) -> tuple[TaskT, Tasks[TaskT]]:
        """Dispatch the first task that waits."""
        task = self.waiting[0]
        return task, Tasks(self.running.insert(task.task_id, task), self.waiting[1:])

    def end(self, *tasks: TaskT) -> Tasks[TaskT]:
        """Forget running tasks: whatever they still report is unknown from now on."""
        running = self.running
        for task in tasks:
            running = running.remove(task.task_id)
        return Tasks(running, self.waiting)

    def try_again(self, task: TaskT) -> Tasks[TaskT]:
        """Put the next attempt of a running task in front of those that wait."""
        following = replace(task, attempt=task.attempt + 1)
        return Tasks(self.running.remove(task.task_id), (following, *self.waiting))


def tried_anew(
    simulations: Tasks[DispatchSimulation], task: DispatchSimulation
) -> Tasks[DispatchSimulation]:
    """Let a molecule that was given up wait for its next attempt, as if none had been a try."""
    anew = replace(task, attempt=task.attempt + 1, taken_back=task.attempt)
    return Tasks(simulations.running, (*simulations.waiting, anew))


def taken_back(simulations: Tasks[DispatchSimulation]) -> Tasks[DispatchSimulation]:
    """Let the next attempts of all running simulations wait, before those that wait already."""
    again = (
        replace(task, attempt=task.attempt + 1, taken_back=task.taken_back + 1)
        for _, task in sorted(simulations.running.items())
    )
    return Tasks(waiting=(*again, *simulations.waiting))
