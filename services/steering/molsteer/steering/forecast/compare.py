"""Several ways to steer the same campaign, lived through side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from molsteer.steering.forecast.assumptions import Assumptions
from molsteer.steering.forecast.lives import lives
from molsteer.steering.forecast.world import Outcome
from molsteer.steering.policy.plan import DuringUpdate, Plan
from molsteer.steering.records.figures.student import student_95

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure that differs from repeat to repeat.

    Attributes:
        mean: Its mean.
        within: Half the width of the 95 % interval of a single campaign; None for one repeat.
    """

    mean: float
    within: float | None

    def __str__(self) -> str:
        within = "" if self.within is None else f" ± {self.within:.2g}"
        return f"{self.mean:.3g}{within}"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect of one way to steer.

    Attributes:
        name: How it is called.
        repeats: How many campaigns were lived through.
        reached: How many of them found as many hits as were asked for.
        wall_h: Hours from the beginning to the end, or to so many hits where these were asked for.
        simulate_h: Worker hours of simulations until then.
        learn_h: Worker hours of training and scoring until then.
        hits: Hits at the end.
        simulations: Successful simulations at the end.
        updates: Updates of the models at the end.
        busy: Part of the time of the simulation slots in which they worked, to the end.
    """

    name: str
    repeats: int
    reached: int
    wall_h: Estimate
    simulate_h: Estimate
    learn_h: Estimate
    hits: Estimate
    simulations: Estimate
    updates: Estimate
    busy: Estimate


def variants(plan: Plan) -> Mapping[str, Plan]:
    """Give the plan as it is, and the ways to steer that differ most from it.

    They are those of molecular-design's study: models updated all the time, after more labels, and
    with simulations that wait for them; and the first models after twice as many labels.
    """
    after = max(plan.retrain_after, 2)
    ways: dict[str, tuple[int, DuringUpdate]] = {
        "continuous": (1, "continue"),
        f"delay-{after}": (after, "continue"),
        f"delay-{2 * after}": (2 * after, "continue"),
        f"hold-{after}": (after, "hold-while-training"),
        f"hold-{2 * after}": (2 * after, "hold-while-training"),
        f"pause-{after}": (after, "pause"),
        f"pause-{2 * after}": (2 * after, "pause"),
    }
    others = {
        name: replace(plan, retrain_after=labels, during_update=during)
        for name, (labels, during) in ways.items()
    }
    first = 2 * plan.first_training_after
    if first < plan.budget and not plan.pretrained and not plan.known_labels:
        others[f"late-{first}"] = replace(plan, first_training_after=first)
    return {"as given": plan} | {name: way for name, way in others.items() if way != plan}


def forecasts(
    plans: Mapping[str, Plan],
    assumptions: Assumptions,
    *,
    repeats: int,
    seed: int,
    hits: int | None = None,
) -> Iterator[Forecast]:
    """Live through campaigns, and tell what to expect of each plan.

    Args:
        plans: Ways to steer, by name.
        assumptions: What is taken for granted.
        repeats: Campaigns of each plan; the same molecules and durations for all plans.
        seed: Decides what is left to chance.
        hits: How many hits are wanted: hours count until these are found; to the end if None.
    """
    lived = [lives(set(plans.values()), assumptions, seed + repeat) for repeat in range(repeats)]
    for name, plan in plans.items():
        yield _summed_up(name, [outcomes[plan] for outcomes in lived], hits)


def _summed_up(name: str, outcomes: Sequence[Outcome], hits: int | None) -> Forecast:
    spent = [_until(outcome, hits) for outcome in outcomes]
    reached = sum(hits is None or len(outcome.hits) >= hits for outcome in outcomes)
    wall_s, simulate_s, learn_s = zip(*spent, strict=True)
    return Forecast(
        name=name,
        repeats=len(outcomes),
        reached=reached,
        wall_h=_estimate(wall_s, HOUR_S),
        simulate_h=_estimate(simulate_s, HOUR_S),
        learn_h=_estimate(learn_s, HOUR_S),
        hits=_estimate([len(outcome.hits) for outcome in outcomes]),
        simulations=_estimate([outcome.simulations for outcome in outcomes]),
        updates=_estimate([outcome.updates for outcome in outcomes]),
        busy=_estimate([outcome.busy for outcome in outcomes]),
    )


def _until(outcome: Outcome, hits: int | None) -> tuple[float, float, float]:
    if hits is not None and len(outcome.hits) >= hits:
        last = outcome.hits[hits - 1]
        return last.at_s, last.simulate_s, last.learn_s
    return outcome.wall_s, outcome.simulate_s, outcome.learn_s


def _estimate(figures: Sequence[float], divisor: float = 1.0) -> Estimate:
    """Estimate where another campaign would lie, from those that were lived through."""
    found = np.array(figures, dtype=np.float64) / divisor
    if len(found) < 2:
        return Estimate(float(found.mean()), None)
    within = student_95(len(found)) * float(found.std(ddof=1)) * (1 + 1 / len(found)) ** 0.5
    return Estimate(float(found.mean()), within)
