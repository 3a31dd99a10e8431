"""Numbers as a line of small bars."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int) -> str:
    """Draw values, the largest one as the highest bar; empty without any.

    Args:
        values: The numbers.
        width: How many characters there may be.
    """
    if not values or width < 1:
        return ""
    if len(values) > width:
        step = (len(values) - 1) / max(1, width - 1)
        values = [values[round(step * place)] for place in range(width)]
    low, high = min(values), max(values)
    if high == low:
        return _BARS[3] * len(values)
    heights = [(value - low) / (high - low) for value in values]
    return "".join(_BARS[round(height * (len(_BARS) - 1))] for height in heights)
