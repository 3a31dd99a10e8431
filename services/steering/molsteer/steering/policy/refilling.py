"""Whether new molecules are to wait for models."""

from __future__ import annotations

from typing import assert_never

from molsteer.steering.policy.state import State, Training
from molsteer.steering.policy.updates import update_is_due


def refill_waits(state: State) -> bool:
    """Tell whether no new molecule is chosen for the time being."""
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
    if not state.plan.labels_first or state.model or state.first.successes:
        return False
    can_end = state.plan.slots_train > 0 and state.plan.slots_infer > 0
    return can_end and (state.update is not None or update_is_due(state))
