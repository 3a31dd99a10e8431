"""What follows when simulations succeed and nothing else happens, which is most of a campaign.

It is told in advance and for many at once what `decide` answers to each: the next molecule begins,
or nothing does. Whoever lives through a campaign need not ask then.
"""

from __future__ import annotations

from collections.abc import Sequence

from molsteer.steering.policy.choosing.choices import Choice, chosen_in
from molsteer.steering.policy.commands import DispatchSimulation
from molsteer.steering.policy.refilling import refill_waits
from molsteer.steering.policy.state import State
from molsteer.steering.policy.values.frozen import value


@value(frozen=True, slots=True)
class Stretch:
    """How far what follows is known.

    Attributes:
        successes: Simulations at the first level that may succeed before `decide` has to be asked.
        refills: Whether each is answered by the next of `choices`, if there is one, and not by
            nothing.
    """

    successes: int
    refills: bool


_UNKNOWN = Stretch(0, refills=False)


def stretch_of(state: State) -> Stretch:
    """Tell how far it is known what follows.

    Args:
        state: A state that `decide` gave, so that no rule has anything to do.

    What follows depends on how many succeeded, not on which, so only what counts is looked at.
    """
    if _is_unusual(state):
        return _UNKNOWN
    to_budget = state.plan.budget - state.spent(state.first) - 1
    if state.update is None and state.choosable <= 0:
        return Stretch(min(to_budget, len(state.first.simulations) - 1), refills=False)
    if state.update is not None and refill_waits(state):
        return Stretch(to_budget, refills=False)
    if state.places != 0:  # it was for want of molecules that nothing began
        return _UNKNOWN
    if state.update is not None:  # it is of no use once nothing is left to choose
        return Stretch(min(to_budget, state.choosable - 1), refills=True)
    return Stretch(min(to_budget, state.choosable, _to_update(state)), refills=True)


def after_stretch(
    state: State, ended: Sequence[DispatchSimulation], begun: Sequence[Choice]
) -> State:
    """Give the state after simulations that were answered as foreseen.

    Args:
        state: As `stretch_of` was asked of it.
        ended: Simulations that succeeded, of which nobody says how long they took.
        begun: What they were answered with: nothing, or as many choices.
    """
    if begun:
        state = chosen_in(state, begun)
    levels = (state.first.succeed(*ended), *state.levels[1:])
    return state.choosing(levels, state.shortlist, state.chosen, state.control)


def _is_unusual(state: State) -> bool:
    """Tell whether more than the first level's places decides, or an attempt waits for one."""
    plan = state.plan
    return bool(
        state.stopping
        or state.paused
        or state.given
        or plan.labels_first
        or plan.rungs
        or state.first.simulations.waiting
    )


def _to_update(state: State) -> int:
    """Count the successes after which no update is due yet."""
    plan = state.plan
    if not plan.slots_train:
        return plan.budget
    due_at = state.counted_before + plan.retrain_after
    if state.generation == 0:
        due_at = plan.first_training_after
    return due_at - state.counted - 1
