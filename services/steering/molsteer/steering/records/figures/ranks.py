"""Whether two lists of numbers put the same things first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def rank_correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float | None:
    """Give Spearman's rank correlation, between -1 and 1; None where a list has but one value."""
    ranks = np.array([_ranks(one), _ranks(other)])
    if (ranks.std(axis=1) == 0).any():
        return None
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rank values from 1; equal ones share the mean of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    shared: npt.NDArray[np.float64] = (last - (count - 1) / 2)[place]
    return shared
