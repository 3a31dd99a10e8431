"""The rules of a campaign, but for those of an update.

A rule asks about the state as it is, never how it came about, so that no trigger can be missed. It
answers with one step, or with None where it has nothing to do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from molsteer.steering.policy.commands import (
    CancelTasks,
    Command,
    DispatchSimulation,
    Finish,
    FinishReason,
)
from molsteer.steering.policy.state import State, Step, Training
from molsteer.steering.policy.tasks import taken_back
from molsteer.steering.policy.updates import begin_update, end_update, update_is_due


def finish_when_decided(state: State) -> Step | None:
    """End the campaign when it has what it wants, fails too often, or has stopped as asked."""
    if state.successes >= state.plan.budget:
        return _finish(state, "budget-reached")
    if state.failures_in_a_row >= state.plan.failure_limit:
        return _finish(state, "failing")
    if state.stopping == "now" or (state.stopping and not state.simulations.running):
        return _finish(state, "stopped")
    return None


def dispatch_simulation(state: State) -> Step | None:
    """Give a free place to the next attempt of a failed molecule, or else to a new one."""
    slots = state.plan.slots_simulate
    places = slots + state.plan.buffer if slots else 0
    wanted = min(places, state.plan.budget - state.successes)
    if state.stopping or len(state.simulations.running) >= wanted:
        return None
    if state.simulations.waiting:
        again, simulations = state.simulations.start_first()
        return replace(state, simulations=simulations), (again,)
    if state.choosable <= 0 or _refill_waits(state):
        return None
    if (taken := state.shortlist.take(state.chosen)) is None:
        return None
    task, shortlist = DispatchSimulation(taken[0]), taken[1]
    simulations = state.simulations.start(task)
    chosen = state.chosen.insert(task.molecule)
    return replace(state, shortlist=shortlist, chosen=chosen, simulations=simulations), (task,)


def act_when_starved(state: State) -> Step | None:
    """Where nothing is under way and nothing is left to choose, ask a model once more, or end.

    Asking again makes sense if anything changed since the last update began: a new label makes
    another model, and a molecule chosen since makes room in the ranking for the next one. Either
    can happen only finitely often. Otherwise an update would say what the last one said, so the
    campaign is over: out of candidates if the space is exhausted or the last update was completed
    and named nothing new, failing if there is no model to ask, or no simulation has succeeded.
    """
    if state.update or len(state.simulations) or state.shortlist.take(state.chosen):
        return None
    changed = state.labels > state.trained_on or len(state.chosen) > state.chosen_before
    if changed and state.labels > 0 and state.choosable > 0:
        return begin_update(state) if state.plan.slots_train else None
    exhausted = len(state.chosen) >= state.plan.space_size
    answered = 0 < state.model == state.generation
    hopeless = state.abandoned and not state.successes
    over = (exhausted or answered) and not hopeless
    return _finish(state, "out-of-candidates" if over else "failing")


def _refill_waits(state: State) -> bool:
    if state.given and not state.shortlist.fresh.take(state.chosen):
        return True  # the first molecules are for campaigns that have no model to ask
    if _first_model_comes(state) and not state.shortlist.fresh.take(state.chosen):
        return True
    match state.plan.during_update:
        case "continue":
            return False
        case "hold-while-training":
            return isinstance(state.update, Training) or update_is_due(state)
        case "pause":
            return state.update is not None or update_is_due(state)
        case strategy:
            assert_never(strategy)


def _first_model_comes(state: State) -> bool:
    """Tell whether labels known from the start are about to give the first model, or just do."""
    if not state.plan.labels_first or state.model or state.successes:
        return False
    can_end = state.plan.slots_train > 0 and state.plan.slots_infer > 0
    return can_end and (state.update is not None or update_is_due(state))


def _finish(state: State, reason: FinishReason) -> Step:
    in_flight = tuple(task.task_id for task in state.in_flight)
    commands: tuple[Command, ...] = (CancelTasks(in_flight),) if in_flight else ()
    if state.update:
        state, notices = end_update(state, "cancelled")
        commands += notices
    simulations = taken_back(state.simulations)
    over = replace(state, simulations=simulations, finished=reason)
    return over, (*commands, Finish(reason))
