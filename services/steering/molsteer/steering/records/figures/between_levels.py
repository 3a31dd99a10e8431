"""How far two levels agree on the molecules that were simulated at both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from molsteer.shared.wire.properties import Output

Values = Mapping[int, float]
"""Values of an output by the number of the molecule."""


@dataclass(frozen=True, slots=True)
class Between:
    """Two levels by one property.

    Attributes:
        property: Name of the property.
        unit: Unit of its numbers.
        lower: The level that comes first.
        upper: The level above it.
        molecules: How many have a label at both.
        mean_difference: Mean of the value at the upper level minus that at the lower one.
        mean_deviation: How far these differences lie from their mean, on average.
    """

    property: str
    unit: str
    lower: str
    upper: str
    molecules: int
    mean_difference: float
    mean_deviation: float


def between_levels(
    levels: Sequence[str], known: Iterable[tuple[Output, Values]]
) -> Iterator[Between]:
    """Compare each level with the one below it, property by property.

    Args:
        levels: Names of the levels, the first one first.
        known: Outputs with their values.
    """
    by_output = dict(known)
    properties = dict.fromkeys((output.name, output.unit) for output in by_output)
    for name, unit in properties:
        for lower, upper in pairwise(levels):
            below, above = (
                by_output.get(Output(name=name, level=level, unit=unit), {})
                for level in (lower, upper)
            )
            differences = np.array([above[each] - below[each] for each in above if each in below])
            if not differences.size:
                continue
            mean = float(differences.mean())
            deviation = float(np.abs(differences - mean).mean())
            yield Between(name, unit, lower, upper, len(differences), mean, deviation)
