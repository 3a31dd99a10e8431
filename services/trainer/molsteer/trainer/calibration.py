"""How a spread is made one that can be believed, from molecules that were held out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.learning import Calibration

Floats = npt.NDArray[np.float64]

_COVERED = 0.9
_WIDTHS = 1.6448536269514722
"""Standard deviations to both sides of a mean between which that part of a normal distribution
lies."""

_BELIEVED_AFTER = 30
"""Labels after which half is believed of what they say; before, a spread is left as it is."""

_FLOOR = 1.2
"""Of the median error: what covers nine in ten of the errors of an ensemble together with its
spread, and more where members disagree."""


def factor_only(error: Floats, spread: Floats) -> Calibration:
    """Correct the spread of a model that knows its own doubt.

    Args:
        error: Of held-out molecules, each predicted without its own label, shape (n,).
        spread: Of these predictions, likewise.
    """
    return Calibration(factor=_factor(error, spread))


def with_floor(error: Floats, spread: Floats) -> Calibration:
    """Correct the spread of members that agree also where all are wrong; arguments as above.

    Where no molecule was held out, nothing is corrected.
    """
    if not len(error):
        return Calibration()
    floor = _FLOOR * float(np.median(np.abs(error)))
    return Calibration(floor=floor, factor=_factor(error, np.hypot(spread, floor)))


def _factor(error: Floats, spread: Floats) -> float:
    """Find what widens or narrows intervals so that nine in ten of the errors lie within.

    Source:
        The quantile of split conformal prediction, Lei et al., JASA 113 (2018), 1094, drawn
        towards 1 in logarithms while there are few errors to tell it.
    """
    certain = spread > 0
    with np.errstate(over="ignore"):
        ratios = np.sort(np.abs(error[certain]) / spread[certain])
    count = len(ratios)
    if not count:
        return 1.0
    place = min(int(np.ceil((count + 1) * _COVERED)), count) - 1
    believed = count / (count + _BELIEVED_AFTER)
    lowest, highest = 0.2, 5.0
    told = min(max(float(ratios[place]) / _WIDTHS, lowest), highest)
    return float(told**believed)
