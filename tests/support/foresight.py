"""Holds what is foreseen of a campaign against what the policy decides."""

from __future__ import annotations

from collections.abc import Iterator

from molsteer.steering.policy.choosing.choices import Choice, choices
from molsteer.steering.policy.choosing.stretch import after_stretch, stretch_of
from molsteer.steering.policy.commands import Command, DispatchSimulation
from molsteer.steering.policy.decide import answer
from molsteer.steering.policy.events import Event, SimulationSucceeded
from molsteer.steering.policy.state import State


class Foresight:
    """Looks ahead whenever something unforeseen happened."""

    def __init__(self, state: State) -> None:
        self._before = state
        self.foreseen = 0
        self._look_ahead(state)

    def watch(self, event: Event, commands: tuple[Command, ...], state: State) -> None:
        """See an event, what the policy decided about it, and the state after it."""
        assert answer(self._before, event) == (state, commands)
        task = self._foreseeable(event)
        choice = next(self._choices, None) if self._refills and task else None
        if task is None or (self._refills and choice is None):
            self._look_ahead(state)
            return
        self.foreseen += 1
        self._left -= 1
        self._ended.append(task)
        if choice is not None:
            self._begun.append(choice)
        assert commands == (() if choice is None else (choice.task,))
        assert after_stretch(self._from, self._ended, self._begun) == state
        self._before = state

    def _foreseeable(self, event: Event) -> DispatchSimulation | None:
        if self._left <= 0 or not isinstance(event, SimulationSucceeded):
            return None
        if event.seconds is not None:
            return None
        return self._before.first.simulations.running.get(event.task_id)

    def _look_ahead(self, state: State) -> None:
        stretch = stretch_of(state)
        self._before = self._from = state
        self._left, self._refills = stretch.successes, stretch.refills
        self._choices: Iterator[Choice] = choices(state)
        self._ended: list[DispatchSimulation] = []
        self._begun: list[Choice] = []
