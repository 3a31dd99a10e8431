"""Whether the labels that a campaign began with are of the quantity that it computes.

Models learn from both alike, so labels of another kind mislead them silently. Experiments may lie
far from what is computed, and a unit may be another one, while the medians of one kind of labels
are close: a search that begins with good models is ahead of its labels by less than they vary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from molsteer.shared.wire.catalogue import ALIKE_WITHIN
from molsteer.shared.wire.properties import Output, written
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import leading

COMPARED = 10
"""The first so many labels of the campaign are compared with all that were given."""

SPREADS = 5.0
"""Distance of the medians, in interquartile ranges, from which on it is reported of a property of
which nothing is known."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far the labels of a campaign lie from those that it began with.

    Attributes:
        value: Median of its first labels of the leading objective, minus that of the given ones.
        unit: Unit of both numbers.
        alike_within: Up to which distance they can be labels of the same quantity.
    """

    value: float
    unit: str
    alike_within: float


def distance(ledger: Ledger) -> Distance | None:
    """Compare the first new labels with the given ones.

    None is the answer as long as there are too few new labels, and where none were given.
    """
    objective = leading(ledger)
    if objective is None:
        return None
    output = objective.output
    new, given = _new(ledger, output), _given(ledger, output)
    if len(new) < COMPARED or not given:
        return None
    alike_within = ALIKE_WITHIN.get(output.name) or SPREADS * max(_spread(new), _spread(given))
    return Distance(median(new) - median(given), output.unit, alike_within)


def contradiction(distance: Distance | None) -> str | None:
    """Say what is wrong with given labels, None if nothing is."""
    if distance is None or abs(distance.value) < distance.alike_within or not distance.alike_within:
        return None
    side = "above" if distance.value > 0 else "below"
    return (
        f"The first {COMPARED} molecules simulated lie "
        f"{written(abs(distance.value), distance.unit, 1)} {side} the labels that the campaign "
        f"began with (medians). Those are probably another quantity, as experiments are, or in "
        f'another unit, and the models learn from both: see "What the number is" in '
        f"docs/concepts.md."
    )


def _new(ledger: Ledger, output: Output) -> list[float]:
    rows = ledger.connection.execute(
        "SELECT value FROM label WHERE level = ? AND property = ? ORDER BY number LIMIT ?",
        (output.level, output.name, COMPARED),
    )
    return [value for (value,) in rows]


def _given(ledger: Ledger, output: Output) -> list[float]:
    rows = ledger.connection.execute(
        "SELECT value FROM known_label WHERE level = ? AND property = ?",
        (output.level, output.name),
    )
    return [value for (value,) in rows]


def _spread(values: Sequence[float]) -> float:
    lower, upper = np.quantile(values, (0.25, 0.75))
    return float(upper - lower)
