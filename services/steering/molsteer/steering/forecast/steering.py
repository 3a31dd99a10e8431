"""The policy, asked only where its answer is not known."""

from __future__ import annotations

from collections.abc import Iterator

from molsteer.steering.policy.choosing.choices import Choice, choices
from molsteer.steering.policy.choosing.stretch import after_stretch, stretch_of
from molsteer.steering.policy.commands import Command, DispatchSimulation
from molsteer.steering.policy.decide import answer
from molsteer.steering.policy.events import Event, SimulationSucceeded
from molsteer.steering.policy.plan import Plan
from molsteer.steering.policy.state import State


class Steering:
    """Steers a campaign as `decide` would, and answers most successes by what was foreseen.

    Args:
        plan: How the campaign is steered.

    Attributes:
        awaited_labels: Whether an update after the first waited for labels so far.
    """

    def __init__(self, plan: Plan) -> None:
        self._state = State.fresh(plan)
        self.awaited_labels = False
        self._foreseen = 0
        self._refills = False
        self._choices: Iterator[Choice] = iter(())
        self._ended: list[DispatchSimulation] = []
        self._begun: list[Choice] = []

    @property
    def state(self) -> State:
        """Where the campaign is."""
        if self._ended:
            return after_stretch(self._state, self._ended, self._begun)
        return self._state

    def tell(self, event: Event) -> tuple[Command, ...]:
        """Give what is to be done after an event."""
        self._state, commands = answer(self.state, event)
        self._look_ahead()
        return commands

    def succeed(self, at_s: float, task: DispatchSimulation, merit: float) -> tuple[Command, ...]:
        """Give what is to be done after a simulation, one that runs and was not taken back."""
        if self._foreseen > 0:
            choice = next(self._choices, None) if self._refills else None
            if choice is not None or not self._refills:
                self._foreseen -= 1
                self._ended.append(task)
                if choice is None:
                    return ()
                self._begun.append(choice)
                return (choice.task,)
        return self.tell(SimulationSucceeded(at_s, task.task_id, merit))

    def _look_ahead(self) -> None:
        state = self._state
        idle = state.update is None and state.choosable > 0
        self.awaited_labels |= idle and state.generation > 0
        stretch = stretch_of(state)
        self._foreseen, self._refills = stretch.successes, stretch.refills
        self._choices = choices(state) if stretch.refills else iter(())
        self._ended, self._begun = [], []
