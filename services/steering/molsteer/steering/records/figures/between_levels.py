"""How far two levels agree on the molecules that were simulated at both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.properties import Indicator, Output
from molsteer.steering.records.figures.ranks import rank_correlation

Values = Mapping[int, float]
"""Values of an output by the number of the molecule."""

_ON_A_LINE = 2
"""So many molecules lie on a line, whatever they are."""


@dataclass(frozen=True, slots=True)
class Between:
    """Two levels by one property.

    Attributes:
        property: Name of the property.
        unit: Unit of its numbers.
        told_by: Name of what tells about it at the lower level: itself, or its indicator.
        lower: The level that comes first.
        upper: The level above it.
        molecules: How many have a label at both.
        mean_difference: Mean of the value at the upper level minus that at the lower one; None
            for an indicator.
        mean_deviation: How far these differences lie from their mean, on average; how far values
            lie from a line through them for an indicator, None where any would.
        rank: Spearman's rank correlation of both, between -1 and 1; None where all are the same.
    """

    property: str
    unit: str
    told_by: str
    lower: str
    upper: str
    molecules: int
    mean_difference: float | None
    mean_deviation: float | None
    rank: float | None


def between_levels(
    levels: Sequence[str],
    known: Iterable[tuple[Output, Values]],
    indicators: Sequence[Indicator] = (),
) -> Iterator[Between]:
    """Compare each level with the one below it, property by property.

    Args:
        levels: Names of the levels, the first one first.
        known: Outputs with their values.
        indicators: What tells about a property at a level that does not compute it.
    """
    by_output = dict(known)
    for name, unit in dict.fromkeys((output.name, output.unit) for output in by_output):
        for lower, upper in pairwise(levels):
            above = by_output.get(Output(name=name, level=upper, unit=unit), {})
            told_by = [Output(name=name, level=lower, unit=unit)]
            told_by += [
                each.output
                for each in indicators
                if (each.of, each.output.level) == (name, lower) and each.output.name != name
            ]
            for output in told_by:
                below = by_output.get(output, {})
                if both := [each for each in above if each in below]:
                    values = (np.array([side[each] for each in both]) for side in (below, above))
                    yield _compared(Output(name=name, level=upper, unit=unit), output, *values)


def _compared(
    upper: Output, lower: Output, below: npt.NDArray[np.float64], above: npt.NDArray[np.float64]
) -> Between:
    mean, deviations = None, None
    if upper.name == lower.name:
        mean = float((above - below).mean())
        deviations = above - below - mean
    elif len(above) > _ON_A_LINE and np.ptp(below) > 0:
        x, y = below - below.mean(), above - above.mean()
        deviations = y - x * (x @ y) / (x @ x)
    return Between(
        property=upper.name,
        unit=upper.unit,
        told_by=lower.name,
        lower=lower.level,
        upper=upper.level,
        molecules=len(above),
        mean_difference=mean,
        mean_deviation=None if deviations is None else float(np.abs(deviations).mean()),
        rank=rank_correlation(below, above),
    )
