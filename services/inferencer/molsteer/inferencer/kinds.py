"""One mean and one spread from surrogates of several kinds: corrected, averaged, widened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.acquisition import mean_and_spread
from molsteer.inferencer.predictions import Predictions
from molsteer.shared.wire.learning import Calibration, Infer
from molsteer.shared.wire.specs import Surrogate

Floats = npt.NDArray[np.float64]
Moments = tuple[Floats, Floats]
"""Means and standard deviations, each of shape (outputs, molecules)."""


def moments(predictions: Predictions) -> Moments:
    """Reduce the members of one kind; the variance is that of a mixture of what they say."""
    mean, spread = mean_and_spread(predictions.values)
    if predictions.spread is not None:
        within = (predictions.spread.astype(np.float64) ** 2).mean(axis=0)
        spread = np.sqrt(spread**2 + within)
    return mean, spread


def combined(body: Infer, kinds: Mapping[Surrogate, Moments]) -> Moments:
    """Correct the spread of each kind, average the kinds, and widen the spread of all.

    Kinds are wrong about the same molecules, so that their average is hardly surer than each: its
    variance is the mean of theirs.
    """
    means = [mean for mean, _ in kinds.values()]
    spreads = [
        corrected(spread, body.calibration.get(kind, ())) for kind, (_, spread) in kinds.items()
    ]
    mean, spread = means[0], spreads[0]
    if len(kinds) > 1:
        mean = np.mean(means, axis=0)
        spread = np.sqrt(np.mean(np.square(spreads), axis=0))
    if body.widening:
        spread = spread * np.array(body.widening)[:, None]
    return mean, spread


def corrected(spread: Floats, calibration: Sequence[Calibration]) -> Floats:
    """Apply what held-out molecules say of spreads of shape (outputs, molecules), if anything."""
    if not calibration:
        return spread
    floor = np.array([each.floor for each in calibration])[:, None]
    factor = np.array([each.factor for each in calibration])[:, None]
    right: Floats = factor * np.hypot(spread, floor)
    return right
