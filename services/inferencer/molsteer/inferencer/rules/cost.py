"""Scores by the second."""

from __future__ import annotations

import numpy as np

from molsteer.inferencer.acquisition import Floats
from molsteer.shared.wire.learning import Cost


def per_second(scores: Floats, cost: Cost, heavy_atoms: Floats) -> Floats:
    """Divide gains by the time that a label is likely to take, failures counted in.

    Args:
        scores: Logarithms of gains.
        cost: What simulations are likely to cost.
        heavy_atoms: Of each molecule.
    """
    size = np.log(np.maximum(heavy_atoms, 1.0))
    seconds, odds = (
        start + slope * size for start, slope in (cost.log_seconds, cost.log_odds_of_failure)
    )
    succeeds = -np.logaddexp(0.0, odds)
    return scores + succeeds - seconds
