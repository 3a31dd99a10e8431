"""The rule of the levels above the first: the best molecules of the level below climb.

By share, a rung fills up as the level below does, so that what is best so far is known better while
models still choose. By price, a molecule climbs when it promises more for what is still to be paid
than the next new one. Once the level below has ended, the rung's whole budget may be begun.
"""

from __future__ import annotations

from dataclasses import replace
from math import floor
from typing import assert_never

from molsteer.steering.policy.commands import CancelTasks, DispatchSimulation
from molsteer.steering.policy.pricing import worth
from molsteer.steering.policy.refilling import refill_waits
from molsteer.steering.policy.state import State, Step
from molsteer.steering.policy.tasks import taken_back
from molsteer.steering.policy.updates import asking_helps, is_starved


def dispatch_promotion(state: State) -> Step | None:
    """Give a free place to the best molecule that may climb, to the highest rung first."""
    if not state.plan.rungs or state.stopping or state.places <= 0:
        return None
    for place in range(len(state.levels) - 1, 0, -1):
        level = state.levels[place]
        if level.candidates and state.begun(level) < _may_begin(state, place):
            first, *others = level.candidates
            task = DispatchSimulation(first.molecule, state.plan.rungs[place - 1].level)
            simulations = level.simulations.start(task)
            begun = replace(level, simulations=simulations, candidates=tuple(others))
            return state.at_level(place, begun), (task,)
    return None


def take_back_surplus(state: State) -> Step | None:
    """Take back what runs at a level that has its budget, because somebody lowered it."""
    if not state.plan.rungs:
        return None
    for place, (level, budget) in enumerate(zip(state.levels, state.plan.budgets, strict=True)):
        if level.simulations.running and state.spent(level) >= budget:
            surplus = CancelTasks(tuple(sorted(level.simulations.running)))
            ended = replace(level, simulations=taken_back(level.simulations))
            return state.at_level(place, ended), (surplus,)
    return None


def is_over(state: State, place: int) -> bool:
    """Tell whether a level has its budget, or can get no further for the time being."""
    level = state.levels[place]
    if state.spent(level) >= state.plan.budgets[place]:
        return True
    if place == 0:
        return is_starved(state) and not asking_helps(state)
    return not level.candidates and not len(level.simulations) and is_over(state, place - 1)


def _may_begin(state: State, place: int) -> int:
    budget = state.plan.budgets[place]
    if is_over(state, place - 1):
        return budget
    match state.plan.promotion:
        case "share":
            below, rung = state.levels[place - 1], state.plan.rungs[place - 1]
            return floor(rung.part_of(below.successes))
        case "price":
            return budget if _promises_more(state, place) else 0
        case promotion:
            assert_never(promotion)


def _promises_more(state: State, place: int) -> bool:
    """Tell whether the best that may climb is worth more for its price than the next new one."""
    climbs = state.levels[place].candidates[0].chance
    if climbs is None or refill_waits(state):
        return False
    new = state.shortlist.first(state.chosen) if state.choosable > 0 else None
    if new is None or new.chance is None:
        return True
    return worth(state, place, climbs) >= worth(state, 0, new.chance)
