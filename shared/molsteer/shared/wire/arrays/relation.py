"""How labels of a property at one level follow from those at another: a straight line, and doubt.

Molecules that are good by the cheaper level are the ones computed at the dearer one, so labels of
both are few, and alike. A line through them could have any slope; that of equal numbers, or where
units differ of equal spreads, is therefore believed as much as a handful of labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.properties import Indicator, Output

BELIEVED = 5.0
"""Labels that the slope weighs as much as that is believed before there are any."""

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


class Relative(NamedTuple):
    """An output that tells about another one.

    Attributes:
        output: Its place among the outputs.
        falls: Whether it falls where the other one rises.
        alike: Whether both are the same property, or in the same unit.
    """

    output: int
    falls: bool = False
    alike: bool = True


def relatives(
    output: int, outputs: Sequence[Output], indicators: Iterable[Indicator] = ()
) -> list[Relative]:
    """List the outputs that tell about one, itself as well.

    They are the same property in the same unit at other levels, and what stands for it there.

    Args:
        output: Its place.
        outputs: All of them.
        indicators: Those that tell about another property.
    """
    by_output = {each.output: each for each in indicators}
    meant = [by_output.get(each, Indicator(output=each, of=each.name)) for each in outputs]
    own = meant[output]
    return [
        Relative(place, other.falls != own.falls, other.output.unit == own.output.unit)
        for place, other in enumerate(meant)
        if other.of == own.of
        and (other.output.unit == own.output.unit or {other.output, own.output} & by_output.keys())
    ]


def line(lower: Floats, upper: Floats, relative: Relative | None = None) -> Line:
    """Draw the line from labels of the same molecules, NaN where there is none.

    Args:
        lower: Of the level that is known of more molecules.
        upper: Of the other one.
        relative: How they are related; as the same property if not given.
    """
    believed = _believed(lower, upper, relative)
    both = np.isfinite(lower) & np.isfinite(upper)
    if not both.any():
        return Line(believed)
    x, y = lower[both], upper[both]
    off = x - x.mean()
    doubt = BELIEVED * float(np.nanvar(lower))
    weight = float(off @ off) + doubt
    slope = (float(off @ (y - y.mean())) + believed * doubt) / weight if weight > 0 else believed
    rest = y - slope * x
    spread = float(rest.std(ddof=2)) if len(rest) > _FEW else None
    return Line(slope, float(rest.mean()), spread, len(rest))


def _believed(lower: Floats, upper: Floats, relative: Relative | None) -> float:
    """Give the slope of equal numbers, or where units differ that of equal spreads."""
    if relative is None:
        return 1.0
    sign = -1.0 if relative.falls else 1.0
    if relative.alike:
        return sign
    known = [values[np.isfinite(values)] for values in (lower, upper)]
    widths = [float(values.std()) if len(values) > 1 else 0.0 for values in known]
    return sign * widths[1] / widths[0] if all(widths) else sign


_FEW = 4
