"""The same campaign, lived through once for each way to steer it that makes a difference."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from molsteer.steering.forecast.assumptions import Assumptions
from molsteer.steering.forecast.steering import Steering
from molsteer.steering.forecast.world import Outcome, World
from molsteer.steering.policy.plan import Plan


def lives(plans: Iterable[Plan], assumptions: Assumptions, seed: int) -> Mapping[Plan, Outcome]:
    """Live through a campaign that is steered in several ways.

    Where updates take so long that the labels for the next one are there when one ends, it makes no
    difference how many these are: the campaign is that of each plan which asks for fewer.

    Args:
        plans: Ways to steer it.
        assumptions: What is taken for granted.
        seed: Decides what is left to chance.
    """
    outcomes: dict[Plan, Outcome] = {}
    unawaited: dict[Plan, Outcome] = {}
    for plan in sorted(plans, key=lambda each: each.retrain_after, reverse=True):
        at_once = replace(plan, retrain_after=1)
        if at_once in unawaited:
            outcomes[plan] = unawaited[at_once]
            continue
        steering = Steering(plan)
        with _uncollected():
            outcomes[plan] = World(plan, assumptions, seed, steering).live()
        if not steering.awaited_labels:
            unawaited[at_once] = outcomes[plan]
    return outcomes


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare the search for cycles, a tenth of the time: what a campaign makes has none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
