"""Which molecules to simulate first, from what the ensemble predicts: pure functions of arrays."""

from __future__ import annotations

from typing import assert_never

import numpy as np
import numpy.typing as npt

from molsteer.shared.messages import Acquisition

Floats = npt.NDArray[np.float64]


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


def score(mean: Floats, spread: Floats, acquisition: Acquisition) -> Floats:
    """Score molecules in eV; higher is simulated sooner.

    Source:
        `ucb` is the GP-UCB rule of Srinivas et al., 2010 (arXiv:0912.3995), with the ensemble's
        standard deviation in place of the posterior's.
    """
    match acquisition.kind:
        case "ucb":
            return mean + acquisition.beta * spread
        case "greedy":
            return mean.copy()
        case _:
            assert_never(acquisition.kind)


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
