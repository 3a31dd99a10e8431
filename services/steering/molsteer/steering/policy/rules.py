"""The rules of a campaign, but for those of an update.

A rule asks about the state as it is, never how it came about, so that no trigger can be missed. It
answers with one step, or with None where it has nothing to do.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from molsteer.steering.policy.choosing.choices import choices, chosen_in
from molsteer.steering.policy.commands import (
    CancelTasks,
    Command,
    Finish,
    FinishReason,
)
from molsteer.steering.policy.ladder import is_over
from molsteer.steering.policy.refilling import refill_waits
from molsteer.steering.policy.state import State, Step
from molsteer.steering.policy.tasks import taken_back
from molsteer.steering.policy.updates import (
    asking_helps,
    begin_update,
    end_update,
    is_starved,
)


def finish_when_decided(state: State) -> Step | None:
    """End the campaign when it has what it wants, fails too often, or has stopped as asked."""
    levels = state.levels
    if state.spent(levels[0]) >= state.plan.budget and _all_over(state):
        return _finish(state, "budget-reached")
    for level in levels:
        if level.failures_in_a_row >= state.plan.failure_limit:
            return _finish(state, "failing")
    if state.stopping == "now" or (state.stopping and not state.in_flight_of("simulate")):
        return _finish(state, "stopped")
    return None


def dispatch_attempt(state: State) -> Step | None:
    """Give a free place to the next attempt of a failed molecule, at the highest level first."""
    for place in range(len(state.levels) - 1, -1, -1):
        level = state.levels[place]
        if not level.simulations.waiting or state.stopping or state.places <= 0:
            continue
        if len(level.simulations.running) < state.plan.budgets[place] - state.spent(level):
            again, simulations = level.simulations.start_first()
            return state.at_level(place, replace(level, simulations=simulations)), (again,)
    return None


def dispatch_simulation(state: State) -> Step | None:
    """Give free places to the next molecules: a model's, or chance's in its stead, or starters.

    One at a time where what is chosen decides who else may be: where molecules climb, or only the
    first model's are wanted.
    """
    places = min(state.places, state.choosable)
    if state.stopping or places <= 0 or refill_waits(state):
        return None
    if state.plan.rungs or state.given or state.plan.labels_first:
        places = 1
    if not (begun := tuple(islice(choices(state), places))):
        return None
    return chosen_in(state, begun), tuple(choice.task for choice in begun)


def act_when_starved(state: State) -> Step | None:
    """Where nothing is left to choose, ask a model once more if that helps, or end.

    The end comes when the rungs can get no further either: out of candidates if the space is
    exhausted or the last update was completed and named nothing new, failing if there is no model
    to ask, or no simulation has succeeded.
    """
    if state.stopping or not is_starved(state):
        return None
    if asking_helps(state):
        return begin_update(state) if state.plan.slots_train else None
    if not _all_over(state):
        return None
    exhausted = len(state.chosen) >= state.plan.space_size
    answered = 0 < state.model == state.generation
    hopeless = state.first.abandoned and not state.first.successes
    over = (exhausted or answered) and not hopeless
    return _finish(state, "out-of-candidates" if over else "failing")


def _all_over(state: State) -> bool:
    return all(is_over(state, place) for place in range(len(state.levels)))


def _finish(state: State, reason: FinishReason) -> Step:
    in_flight = tuple(task.task_id for task in state.in_flight)
    commands: tuple[Command, ...] = (CancelTasks(in_flight),) if in_flight else ()
    if state.update:
        state, notices = end_update(state, "cancelled")
        commands += notices
    levels = tuple(
        replace(level, simulations=taken_back(level.simulations)) for level in state.levels
    )
    over = replace(state, levels=levels, finished=reason)
    return over, (*commands, Finish(reason))
