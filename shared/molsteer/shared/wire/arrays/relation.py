"""How labels of a property at one level follow from those at another: a straight line, and doubt.

Molecules that are good by the cheaper level are the ones computed at the dearer one, so labels of
both are few, and alike. A line through them could have any slope; that of equal numbers is
therefore believed as much as a handful of labels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BELIEVED = 5.0
"""Labels that the slope 1 weighs as much as."""

Floats = npt.NDArray[np.float64]


class Line(NamedTuple):
    """What labels of a level are by those of another.

    Attributes:
        slope: Change of the one by that of the other, dimensionless.
        shift: What is added to slope times the other, in the unit.
        spread: Standard deviation around the line; None where too few labels tell.
        labels: Molecules that have both.
    """

    slope: float = 1.0
    shift: float = 0.0
    spread: float | None = None
    labels: int = 0


def line(lower: Floats, upper: Floats) -> Line:
    """Draw the line from labels of the same molecules, NaN where there is none.

    Args:
        lower: Of the level that is known of more molecules.
        upper: Of the other one, in the same unit.
    """
    both = np.isfinite(lower) & np.isfinite(upper)
    if not both.any():
        return Line()
    x, y = lower[both], upper[both]
    off = x - x.mean()
    doubt = BELIEVED * float(np.nanvar(lower))
    weight = float(off @ off) + doubt
    slope = (float(off @ (y - y.mean())) + doubt) / weight if weight > 0 else 1.0
    rest = y - slope * x
    spread = float(rest.std(ddof=2)) if len(rest) > _FEW else None
    return Line(slope, float(rest.mean()), spread, len(rest))


_FEW = 4
