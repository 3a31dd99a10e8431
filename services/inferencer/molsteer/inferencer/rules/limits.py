"""Scores by the chance that a molecule keeps the limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from molsteer.inferencer.acquisition import Expectation, Floats
from molsteer.inferencer.rules.normal import log_below, log_within
from molsteer.shared.wire.properties import Limit, Objective, Output

SHARP = 1e-9
"""Least spread that is reckoned with, in the unit of the limit."""


def log_kept(
    limits: Sequence[Limit], outputs: Sequence[Output], mean: Floats, spread: Floats
) -> Floats:
    """Give the logarithm of the chance that each molecule keeps all limits, as if independent.

    Args:
        limits: What has to be kept; each is of one of the outputs.
        outputs: What is predicted, in the order of the arrays.
        mean: Shape (outputs, molecules), in the units of the outputs.
        spread: Standard deviations of normal distributions, likewise.
    """
    kept = np.zeros(mean.shape[1])
    for limit in limits:
        row = outputs.index(limit.output)
        kept += _log_between(mean[row], np.maximum(spread[row], SHARP), *limit.ends)
    return kept


def _log_between(mean: Floats, spread: Floats, lowest: float, highest: float) -> Floats:
    if highest == np.inf:
        return log_below((mean - lowest) / spread)
    if lowest == -np.inf:
        return log_below((highest - mean) / spread)
    return log_within(mean - (lowest + highest) / 2, spread, (highest - lowest) / 2)


def weighed(scores: Floats, kept: Floats, worthless: float) -> Floats:
    """Give what scores are worth on average, if what breaks a limit is worthless.

    A score below that of a worthless molecule stays what it is.

    Args:
        scores: Of molecules that keep all limits.
        kept: Logarithms of the chance that they do.
        worthless: Score of a molecule that is worth nothing.

    Source:
        The weighting of Gelbart, Snoek and Adams, 2014 (arXiv:1403.5607), for scores that may be
        negative.
    """
    ahead: Floats = scores - worthless
    return worthless + np.where(ahead > 0, np.exp(kept) * ahead, ahead)


def worthless_score(
    expected: Sequence[Expectation],
    worst: Floats,
    rule: Callable[[Sequence[Expectation]], Floats],
) -> float:
    """Ask a rule what it makes of a molecule that is as bad as the worst label by every aim.

    Args:
        expected: Of which only the aims count.
        worst: Lowest merits of labels, each in the scale of its aim.
        rule: Scores what is expected.
    """
    certain = [
        Expectation(one.objective, one.scale, _value(one.objective, merit * one.scale), np.zeros(1))
        for one, merit in zip(expected, worst.tolist(), strict=True)
    ]
    return float(rule(certain)[0])


def _value(objective: Objective, merit: float) -> Floats:
    match objective.goal:
        case "maximise":
            return np.array([merit])
        case "minimise":
            return np.array([-merit])
        case "reach":
            return np.array([(objective.target or 0.0) + merit])
