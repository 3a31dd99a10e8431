"""Labels that were known before the campaign began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.properties import Output
from molsteer.steering.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class KnownLabel:
    """A molecule, in the search space or outside, and a property of it.

    Attributes:
        smiles: Canonical and isomeric, its identity.
        value: In the unit.
        level: Level whose results the value is like.
        property: Name of what the value is.
        rows: How many rows of the training set say so.
    """

    smiles: str
    value: float
    level: str
    property: str
    unit: str
    rows: int = field(default=1, compare=False)


def replace_all(
    ledger: Ledger, labels: Sequence[KnownLabel], molecules: Sequence[int | None]
) -> None:
    """Keep these labels and no others; inside a transaction, before the campaign begins.

    Args:
        ledger: The campaign's.
        labels: In the order of the training set.
        molecules: The number of each in the search space, None for those outside.
    """
    ledger.connection.execute("DELETE FROM known_label")
    ledger.connection.executemany(
        "INSERT INTO known_label (smiles, level, property, value, unit, molecule)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (label.smiles, label.level, label.property, label.value, label.unit, molecule)
            for label, molecule in zip(labels, molecules, strict=True)
        ],
    )


def count(ledger: Ledger) -> int:
    """Tell how many labels were known."""
    return int(ledger.connection.execute("SELECT count(*) FROM known_label").fetchone()[0])


def molecules(ledger: Ledger) -> list[int]:
    """List the molecules of the search space among them."""
    rows = ledger.connection.execute(
        "SELECT molecule FROM known_label WHERE molecule IS NOT NULL ORDER BY number"
    )
    return [molecule for (molecule,) in rows]


def places(ledger: Ledger) -> tuple[list[str], list[int | None]]:
    """Give the SMILES of all, and their numbers in the search space, None for those outside."""
    rows = ledger.connection.execute(
        "SELECT smiles, molecule FROM known_label ORDER BY number"
    ).fetchall()
    return [row["smiles"] for row in rows], [row["molecule"] for row in rows]


def labelled(
    ledger: Ledger, outputs: Sequence[Output]
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Give the SMILES of all, and what is known of them.

    Returns:
        SMILES, and values in the units of the outputs, NaN where there is none, shape
        (outputs, molecules).
    """
    rows = ledger.connection.execute(
        "SELECT smiles, level, property, value FROM known_label ORDER BY number"
    ).fetchall()
    values = np.full((len(outputs), len(rows)), np.nan)
    places = {(output.level, output.name): place for place, output in enumerate(outputs)}
    for column, (_, level, name, value) in enumerate(rows):
        if (place := places.get((level, name))) is not None:
            values[place, column] = value
    return [row["smiles"] for row in rows], values
