"""Normal distributions far into their tails: logarithms that neither vanish nor overflow.

Source:
    Ament et al., Unexpected Improvements to Expected Improvement, 2023 (arXiv:2310.20708).
"""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np
import numpy.typing as npt
import torch

from molsteer.inferencer.acquisition import Floats

NARROW = 1e-4
"""Windows that are narrower than this, in spreads, are so narrow that the density in them is
constant; the difference of tails would lose more digits."""

_FAR = 1e4


def log_density(z: Floats) -> Floats:
    """Give the logarithm of the standard normal density."""
    logarithm: Floats = -0.5 * z * z - 0.5 * log(2 * pi)
    return logarithm


def log_below(z: Floats) -> Floats:
    """Give the logarithm of the probability that a standard normal number is below."""
    logarithm: Floats = torch.special.log_ndtr(torch.from_numpy(z)).numpy()
    return logarithm


def log_excess(z: Floats) -> Floats:
    """Give the logarithm of how far a standard normal number is above -z, on average.

    Numbers below -z count as none: it is the expected improvement in spreads.
    """
    near = np.maximum(z, -1.0)
    above = np.log(np.exp(log_density(near)) + near * np.exp(log_below(near)))
    depth = np.clip(-z, 1.0, _FAR)
    scaled = torch.special.erfcx(torch.from_numpy(depth / sqrt(2))).numpy()
    below = np.log1p(-depth * scaled * sqrt(pi / 2))
    beyond = -2 * np.log(np.maximum(-z, 1.0))
    tail = log_density(z) + np.where(-z < _FAR, below, beyond)
    logarithm: Floats = np.where(z > -1.0, above, tail)
    return logarithm


def log_within(distance: Floats, spread: Floats, width: float) -> Floats:
    """Give the logarithm of the probability of lying within a width around a target.

    Args:
        distance: Of the mean from the target, on whatever side.
        spread: Standard deviation, above 0.
        width: How far from the target counts, above 0.
    """
    off = np.abs(distance)
    inner, outer = log_below((width - off) / spread), log_below((-width - off) / spread)
    missed = np.exp(log_below((off - width) / spread)) + np.exp(outer)
    few = inner + _log1p(-np.exp(outer - inner))
    wide = np.where(missed < 0.5, _log1p(-np.minimum(missed, 0.5)), few)
    narrow = np.log(2 * width / spread) + log_density(off / spread)
    return np.where(_is_narrow(off, spread, width), narrow, wide)


def log_nearing(distance: Floats, spread: Floats, width: float) -> Floats:
    """Give the logarithm of how much nearer than a width around a target it is, on average.

    Args:
        distance: Of the mean from the target, on whatever side.
        spread: Standard deviation, above 0.
        width: Distance from the target that is to be improved on, above 0.
    """
    off = np.abs(distance)
    near, middle, far = (log_excess((k - off) / spread) for k in (width, 0.0, -width))
    wide = near + _log1p(np.exp(far - near) - 2 * np.exp(middle - near))
    narrow = 2 * np.log(width / spread) + log_density(off / spread)
    return np.log(spread) + np.where(_is_narrow(off, spread, width), narrow, wide)


def folded(distance: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Give mean and variance of the absolute value of a normal number; spread above 0."""
    z = distance / spread
    mean = 2 * spread * np.exp(log_density(z)) + distance * (1 - 2 * np.exp(log_below(-z)))
    return mean, np.maximum(distance * distance + spread * spread - mean * mean, 0.0)


def _is_narrow(off: Floats, spread: Floats, width: float) -> npt.NDArray[np.bool_]:
    narrow: npt.NDArray[np.bool_] = width / spread * np.maximum(off / spread, 1.0) < NARROW
    return narrow


def _log1p(number: Floats) -> Floats:
    with np.errstate(divide="ignore"):  # where nothing is left, the other branch holds
        logarithm: Floats = np.log1p(np.maximum(number, -1.0))
    return logarithm
