"""What the results of a level are compared with: those that came first."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.results import spread

COMPARED = 30
"""Results of a level that make its reference; it is the same for all that come after them."""


class Reference(NamedTuple):
    """Where the first labels of a property lie, in its unit.

    Attributes:
        mean: Of the labels.
        scale: Their standard deviation; 1 if there is none.
    """

    mean: float
    scale: float


def reference(ledger: Ledger, level: str, names: Collection[str]) -> dict[str, Reference]:
    """Tell where the first labels of properties lie; those without labels are left out."""
    rows = ledger.connection.execute(
        "SELECT property, value FROM"
        " (SELECT number FROM result WHERE level = ? ORDER BY number LIMIT ?)"
        " JOIN label USING (number)",
        (level, COMPARED),
    ).fetchall()
    values = {name: [value for named, value in rows if named == name] for name in names}
    return {
        name: Reference(float(np.mean(found)), spread(np.array(found)))
        for name, found in values.items()
        if found
    }
