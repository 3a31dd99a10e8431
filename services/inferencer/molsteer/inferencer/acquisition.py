"""Which molecules to simulate first, from what the ensemble predicts: functions of arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.errors import UnusableScores
from molsteer.shared.plugins import find_plugin
from molsteer.shared.wire.specs import Acquisition

Floats = npt.NDArray[np.float64]

Rule = Callable[[Floats, Floats, float], Floats]
"""Mean and spread of each molecule in eV, shape (molecules,), and beta, to scores of that shape.

A package offers one in the entry-point group `molsteer.acquisitions` under the rule's name."""


def mean_and_spread(predictions: npt.NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Reduce the members' predictions to one value and one doubt for each molecule.

    Sums run in float64: in float32, members that agree exactly show a spread of 1e-6.

    Args:
        predictions: Values in eV, shape (members, molecules).

    Returns:
        Mean and population standard deviation over the members in eV, each (molecules,).
    """
    exact = predictions.astype(np.float64)
    return exact.mean(axis=0), exact.std(axis=0)


def ucb(mean: Floats, spread: Floats, beta: float) -> Floats:
    """Prefer high values, and doubt.

    Source:
        The GP-UCB rule of Srinivas et al., 2010 (arXiv:0912.3995), with the ensemble's standard
        deviation in place of the posterior's.
    """
    return mean + beta * spread


def greedy(mean: Floats, _spread: Floats, _beta: float) -> Floats:
    """Prefer high values, whatever the doubt."""
    return mean


def score(mean: Floats, spread: Floats, acquisition: Acquisition) -> Floats:
    """Score molecules in eV by the rule that an acquisition names; higher is simulated sooner.

    Raises:
        PluginMissing: If no package installed here offers the rule.
        UnusableScores: If the rule does not give one number for each molecule that is finite,
            also in the float32 in which candidates travel.
    """
    rule: Rule = find_plugin("acquisition", acquisition.kind).load()
    # Copies, so that a rule that computes in place does not change what was predicted.
    scores = np.asarray(rule(mean.copy(), spread.copy(), acquisition.beta), dtype=np.float64)
    most = np.finfo(np.float32).max
    if scores.shape != mean.shape or not (np.abs(scores) <= most).all():
        raise UnusableScores(acquisition.kind, mean.shape, scores.shape)
    return scores


def best_rows(scores: Floats, keep: int) -> npt.NDArray[np.int64]:
    """Find the highest scores without sorting all of them.

    Args:
        scores: One score for each row, all finite.
        keep: How many rows to return; all of them if there are fewer.

    Returns:
        Rows, best first; of equal scores the lower row comes first and is kept rather.
    """
    if keep < len(scores):
        bar = -np.partition(-scores, keep - 1)[keep - 1]
        above = np.flatnonzero(scores > bar)
        level = np.flatnonzero(scores == bar)
        rows = np.concatenate([above, level[: keep - len(above)]])
    else:
        rows = np.arange(len(scores))
    return rows[np.lexsort((rows, -scores[rows]))]
