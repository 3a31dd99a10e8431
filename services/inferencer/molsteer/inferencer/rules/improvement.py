"""Rules that ask for improvement on what is best so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from molsteer.inferencer.acquisition import Expectation, Floats, Known, greedy, total
from molsteer.inferencer.rules.normal import (
    folded,
    log_below,
    log_excess,
    log_nearing,
    log_within,
)

SHARP = 1e-9
"""Least spread that is reckoned with, in scales: members that agree exactly rank by their merit."""

LOWEST = -1e38
"""Least score, so that it can travel."""


def ei(expected: Sequence[Expectation], _beta: float, known: Known) -> Floats:
    """Prefer what improves most on the best so far, on average: logarithm of that improvement.

    Of several aims the sum counts, as if they were independent. As long as nothing is known to
    improve on, the rule is greedy.

    Source:
        Jones, Schonlau and Welch, 1998 (10.1023/A:1008306431147), as a logarithm.
    """
    if known.best is None:
        return greedy(expected, _beta)
    if _reaches(expected):
        return bounded(log_nearing(*around_target(expected[0]), _width(known.best)))
    mean, spread = _sum(expected)
    return bounded(np.log(spread) + log_excess((mean - known.best) / spread))


def pi(expected: Sequence[Expectation], _beta: float, known: Known) -> Floats:
    """Prefer what is most likely better than the best so far: logarithm of that probability.

    Of several aims the sum counts, as if they were independent. As long as nothing is known to
    improve on, the rule is greedy.

    Source:
        Kushner, 1964 (10.1115/1.3653121).
    """
    if known.best is None:
        return greedy(expected, _beta)
    if _reaches(expected):
        return bounded(log_within(*around_target(expected[0]), _width(known.best)))
    mean, spread = _sum(expected)
    return bounded(log_below((mean - known.best) / spread))


def pareto(expected: Sequence[Expectation], beta: float, known: Known) -> Floats:
    """Prefer what may lie farthest beyond everything that is known, with doubt counted as `ucb`.

    The score is by how much a molecule, taken for as good as mean plus beta times spread, would
    have to be worse by every aim to be no better than some known molecule by any. It is above 0 for
    what would be new on the Pareto front, and `ucb` above the best so far for a single aim.

    Source:
        The maximin improvement of Svenson and Santner, 2016 (10.1016/j.csda.2015.08.011), of an
        optimistic estimate in place of its average.
    """
    hoped = np.array([(one.merit + beta * one.spread) / one.scale for one in expected])
    if not len(known.front):
        return total(hoped)
    farthest = np.full(hoped.shape[1], np.inf)
    for point in known.front:
        farthest = np.minimum(farthest, (hoped - point[:, None]).max(axis=0))
    return farthest


def _reaches(expected: Sequence[Expectation]) -> bool:
    """Tell whether one value is to be reached, for which there are closed forms."""
    return len(expected) == 1 and expected[0].objective.goal == "reach"


def around_target(one: Expectation) -> tuple[Floats, Floats]:
    """Give distance from the target, and spread, in scales."""
    target = one.objective.target or 0.0
    return (one.mean - target) / one.scale, np.maximum(one.spread / one.scale, SHARP)


def _width(best: float) -> float:
    return max(-best, SHARP)


def _sum(expected: Sequence[Expectation]) -> tuple[Floats, Floats]:
    """Give mean and spread of the sum of all merits, in scales."""
    means, variances = list[Floats](), list[Floats]()
    for one in expected:
        if one.objective.goal == "reach":
            distance, variance = folded(*around_target(one))
            means.append(-distance)
            variances.append(variance)
        else:
            means.append(one.merit / one.scale)
            variances.append((one.spread / one.scale) ** 2)
    return total(means), np.maximum(np.sqrt(total(variances)), SHARP)


def bounded(scores: Floats) -> Floats:
    """Keep scores where they can travel."""
    return np.maximum(scores, LOWEST)
