"""Which molecules are chosen, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rpds import HashTrieSet

from molsteer.steering.policy.chance.control import draw_if_due
from molsteer.steering.policy.commands import DispatchSimulation
from molsteer.steering.policy.shortlist import Shortlist
from molsteer.steering.policy.state import Control, State


class Choice(NamedTuple):
    """A molecule that is chosen, and what there is to choose from after it.

    Attributes:
        task: Its first simulation.
        shortlist, chosen, control: As in a state.
    """

    task: DispatchSimulation
    shortlist: Shortlist
    chosen: HashTrieSet[int]
    control: Control


def choices(state: State) -> Iterator[Choice]:
    """Choose a model's molecule, or chance's in its stead, or a starter, for as long as there are.

    That is what is chosen as long as no ranking changes; how much may be, others say.
    """
    plan, shortlist, chosen, control = state.plan, state.shortlist, state.chosen, state.control
    while taken := shortlist.take(chosen):
        molecule, others = taken
        drawn = None
        if plan.control_share and others.starters is shortlist.starters:  # a model names it
            control, drawn = draw_if_due(plan, control, chosen)
        if drawn is None:
            shortlist = others
        else:
            molecule = drawn
        chosen = chosen.insert(molecule)
        task = DispatchSimulation(molecule, plan.level, by_chance=drawn is not None)
        yield Choice(task, shortlist, chosen, control)


def chosen_in(state: State, choices: Sequence[Choice]) -> State:
    """The state once these were dispatched, the first of all choices and no others."""
    first = state.first.start(*(choice.task for choice in choices))
    _, shortlist, chosen, control = choices[-1]
    return state.choosing((first, *state.levels[1:]), shortlist, chosen, control)
