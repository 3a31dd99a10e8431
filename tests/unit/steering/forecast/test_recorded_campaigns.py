"""What is forecast from a campaign's own records is that campaign.

The records are of real campaigns: 120 simulations by two workers, whose times a table gave, with
Gaussian processes, on two cores that others used as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from molsteer.steering.forecast.compare import forecasts
from molsteer.steering.forecast.drawing import Durations
from molsteer.steering.forecast.learned import assumed
from molsteer.steering.policy.plan import Plan
from molsteer.steering.records.evidence import Evidence

pytestmark = pytest.mark.fast

PLAN = Plan(
    budget=120,
    slots_simulate=2,
    slots_train=1,
    slots_infer=1,
    buffer=2,
    shortlist=500,
    first_training_after=30,
    retrain_after=10,
    during_update="continue",
    warm_start=True,
    merge="progressive",
    members=8,
    space_size=2_000,
    chunk_size=10_000,
    attempts=2,
    failure_limit=20,
    surrogates=("gp",),
    control_share=0.05,
)
EVIDENCE = Evidence(
    start_s=6.23,
    simulate_s=(
        *(0.74, 0.85, 0.95, 1.03, 1.11, 1.16, 1.20, 1.24, 1.31, 1.35),
        *(1.38, 1.44, 1.49, 1.55, 1.66, 1.77, 1.87, 1.99, 2.21, 2.77),
    ),
    train_s=((109, 0.37), (99, 0.49), (89, 0.46), (79, 0.47), (69, 0.59), (59, 0.58), (49, 0.36)),
    infer_s=(0.19, 0.15, 0.15, 0.23, 0.23, 0.27, 0.11),
    chunk_size=10_000,
    failing=0.0,
    drawn=(),
    hits=None,
    errors=(),
    latency_s=0.018,
    first_train_s=7.50,
    first_infer_s=7.09,
)
"""Twenty quantiles stand for the times of all simulations."""


@dataclass(frozen=True)
class Recorded:
    """A campaign: what it tells, and what it took."""

    evidence: Evidence
    wall_s: float
    simulate_s: float
    learn_s: float
    updates: int


QUICK = Recorded(EVIDENCE, wall_s=94.9, simulate_s=174.0, learn_s=19.7, updates=8)
SLOW = Recorded(
    replace(
        EVIDENCE,
        start_s=8.71,
        simulate_s=(
            *(0.64, 0.85, 0.95, 1.02, 1.09, 1.15, 1.19, 1.24, 1.28, 1.34),
            *(1.37, 1.42, 1.50, 1.56, 1.62, 1.69, 1.83, 1.95, 2.34, 2.95),
        ),
        train_s=(
            *((113, 0.33), (103, 0.42), (93, 0.52), (83, 0.42)),
            *((73, 0.65), (63, 0.44), (53, 0.48)),
        ),
        infer_s=(0.10, 0.09, 0.17, 0.18, 0.17, 0.21, 0.16),
        latency_s=0.020,
        first_train_s=9.36,
        first_infer_s=6.48,
    ),
    wall_s=98.2,
    simulate_s=175.4,
    learn_s=20.5,
    updates=8,
)


@pytest.mark.parametrize("recorded", [QUICK, SLOW], ids=["quick", "slow"])
def test_a_recorded_campaign_takes_as_long_and_makes_as_many_updates(recorded: Recorded) -> None:
    assumptions = assumed(recorded.evidence, PLAN.chunk_size)
    (found,) = forecasts({"recorded": PLAN}, assumptions, repeats=30, seed=0)
    assert round(found.updates.mean) == recorded.updates
    assert found.wall_h.mean * 3600 == pytest.approx(recorded.wall_s, rel=0.05)
    assert found.simulate_h.mean * 3600 == pytest.approx(recorded.simulate_s, rel=0.05)
    assert found.learn_h.mean * 3600 == pytest.approx(recorded.learn_s, rel=0.10)


def test_what_other_campaigns_took_to_learn_lies_in_the_interval_of_the_forecast() -> None:
    assumptions = assumed(QUICK.evidence, PLAN.chunk_size)
    (found,) = forecasts({"recorded": PLAN}, assumptions, repeats=30, seed=0)
    assert found.learn_h.within is not None
    for learn_s in (18.2, 16.4, SLOW.learn_s):
        assert abs(found.learn_h.mean * 3600 - learn_s) < found.learn_h.within * 3600
    assert abs(found.wall_h.mean - SLOW.wall_s / 3600) < (found.wall_h.within or 0.0)


def test_loading_scatters_as_the_tasks_do_that_follow_it() -> None:
    chance = np.random.default_rng(0)
    train = assumed(EVIDENCE, PLAN.chunk_size).train
    durations = Durations(train, chance)
    drawn_s = [durations.first_s() for _ in range(1_000)]
    assert np.mean(drawn_s) == pytest.approx(7.5, rel=0.05)
    assert np.std(np.log(drawn_s)) == pytest.approx(train.first_scatter, rel=0.1)
    assert train.first_scatter > 0.1
    once = assumed(replace(EVIDENCE, train_s=((30, 0.4),)), PLAN.chunk_size).train
    assert Durations(once, chance).first_s() == 7.5
