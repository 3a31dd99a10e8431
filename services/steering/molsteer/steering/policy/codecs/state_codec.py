"""States as checkpoints hold them: one line of JSON, the same for equal states.

Sets are written as sorted lists, maps as the list of their values, sorted by key.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import to_json
from rpds import HashTrieMap, HashTrieSet

from molsteer.steering.policy.commands import (
    Dispatch,
    DispatchInference,
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
    FinishReason,
)
from molsteer.steering.policy.errors import PolicyDefect
from molsteer.steering.policy.events import Candidate
from molsteer.steering.policy.plan import Plan
from molsteer.steering.policy.shortlist import Shortlist
from molsteer.steering.policy.state import Control, Scoring, Standing, State, Training
from molsteer.steering.policy.tasks import Tasks

TaskT = TypeVar("TaskT", bound=Dispatch)


def state_to_json(state: State) -> bytes:
    """Write a state."""
    return to_json(state, fallback=_listed, inf_nan_mode="constants")


def state_from_json(text: bytes) -> State:
    """Read a state that `state_to_json` wrote; it decides like that one ever after.

    Raises:
        PolicyDefect: If the text is not a state of this version.
    """
    try:
        return _State.model_validate_json(text).restored()
    except ValidationError as problem:
        raise PolicyDefect(f"This version cannot read the state: {problem}.") from problem


def _listed(collection: object) -> list[object]:
    match collection:
        case HashTrieSet():
            return sorted(collection)
        case HashTrieMap():
            return [value for _, value in sorted(collection.items())]
        case _:
            raise TypeError(f"A state holds {collection!r}, which cannot be written.")


class _Stored(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Tasks(_Stored, Generic[TaskT]):
    running: tuple[TaskT, ...]
    waiting: tuple[TaskT, ...]

    def restored(self) -> Tasks[TaskT]:
        running = HashTrieMap((task.task_id, task) for task in self.running)
        return Tasks(running, self.waiting)


class _Standing(_Stored):
    simulations: _Tasks[DispatchSimulation]
    successes: int
    abandoned: tuple[DispatchSimulation, ...]
    failures_in_a_row: int
    candidates: tuple[Candidate, ...]
    timed: int
    seconds: float

    def restored(self) -> Standing:
        return Standing(
            simulations=self.simulations.restored(),
            successes=self.successes,
            abandoned=HashTrieMap((task.molecule, task) for task in self.abandoned),
            failures_in_a_row=self.failures_in_a_row,
            candidates=self.candidates,
            timed=self.timed,
            seconds=self.seconds,
        )


class _Training(_Stored):
    generation: int
    tasks: _Tasks[DispatchTraining]
    trained: int
    lost: int
    predictions: _Tasks[DispatchPrediction]

    def restored(self) -> Training:
        tasks, predictions = self.tasks.restored(), self.predictions.restored()
        return Training(self.generation, tasks, self.trained, self.lost, predictions)


class _Scoring(_Stored):
    generation: int
    tasks: _Tasks[DispatchInference]
    scored: int
    skipped: int
    collected: tuple[Candidate, ...]

    def restored(self) -> Scoring:
        tasks = self.tasks.restored()
        return Scoring(self.generation, tasks, self.scored, self.skipped, self.collected)


class _State(_Stored):
    plan: Plan
    began: bool
    levels: tuple[_Standing, ...]
    shortlist: Shortlist
    chosen: tuple[int, ...]
    control: Control
    update: _Training | _Scoring | None
    given: bool
    generation: int
    model: int
    trained_on: int
    counted_before: int
    chosen_before: int
    paused: bool
    stopping: Literal["gently", "now"] | None
    finished: FinishReason | None

    def restored(self) -> State:
        return State(
            plan=self.plan,
            began=self.began,
            levels=tuple(level.restored() for level in self.levels),
            shortlist=self.shortlist,
            chosen=HashTrieSet(self.chosen),
            control=self.control,
            update=self.update.restored() if self.update else None,
            given=self.given,
            generation=self.generation,
            model=self.model,
            trained_on=self.trained_on,
            counted_before=self.counted_before,
            chosen_before=self.chosen_before,
            paused=self.paused,
            stopping=self.stopping,
            finished=self.finished,
        )
