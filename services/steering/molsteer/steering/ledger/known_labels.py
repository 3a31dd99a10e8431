"""Labels that were known before the campaign began, or came to it from elsewhere since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.properties import Output
from molsteer.steering.ledger.additions import additions, total
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
    add(ledger, labels, molecules)


def add(ledger: Ledger, labels: Sequence[KnownLabel], molecules: Sequence[int | None]) -> None:
    """Keep these labels behind those there are, of other molecules; inside a transaction.

    The arguments are those of `replace_all`.
    """
    ledger.connection.executemany(
        "INSERT INTO known_label (smiles, level, property, value, unit, molecule)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (label.smiles, label.level, label.property, label.value, label.unit, molecule)
            for label, molecule in zip(labels, molecules, strict=True)
        ],
    )


class Lesson(NamedTuple):
    """What a training set consists of: the first known labels, and the first results."""

    known: int
    results: int


def lesson(ledger: Ledger, labels: int) -> Lesson:
    """Tell which were the first labels there were, whenever some came from elsewhere."""
    known = count_at_start(ledger)
    for each in additions(ledger, "labels"):
        if known + each.results >= labels:
            break
        known += each.added
    return Lesson(min(known, labels), max(labels - known, 0))


def count(ledger: Ledger) -> int:
    """Tell how many labels are known from elsewhere."""
    return int(ledger.connection.execute("SELECT count(*) FROM known_label").fetchone()[0])


def count_at_start(ledger: Ledger) -> int:
    """Tell how many of them were known before the campaign began."""
    return count(ledger) - total(ledger, "labels")


def molecules(ledger: Ledger) -> list[int]:
    """List the molecules of the search space among them."""
    rows = ledger.connection.execute(
        "SELECT molecule FROM known_label WHERE molecule IS NOT NULL ORDER BY number"
    )
    return [molecule for (molecule,) in rows]


def names(ledger: Ledger) -> dict[str, int | None]:
    """Give the SMILES of all, and the number of each in the search space."""
    smiles, numbers = places(ledger, -1)
    return dict(zip(smiles, numbers, strict=True))


def place(ledger: Ledger, numbers: Mapping[str, int]) -> None:
    """Note that molecules came to the search space; inside a transaction."""
    ledger.connection.executemany(
        "UPDATE known_label SET molecule = ? WHERE smiles = ?",
        [(number, smiles) for smiles, number in numbers.items()],
    )


def places(ledger: Ledger, first: int) -> tuple[list[str], list[int | None]]:
    """Give the SMILES of the first ones, and their numbers in the space, None for those outside."""
    rows = ledger.connection.execute(
        "SELECT smiles, molecule FROM known_label ORDER BY number LIMIT ?", (first,)
    ).fetchall()
    return [row["smiles"] for row in rows], [row["molecule"] for row in rows]


def labelled(
    ledger: Ledger, outputs: Sequence[Output], first: int | None = None
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Give the SMILES of the first ones, all unless it is said how many, and what is known of them.

    Returns:
        SMILES, and values in the units of the outputs, NaN where there is none, shape
        (outputs, molecules).
    """
    rows = ledger.connection.execute(
        "SELECT smiles, level, property, value FROM known_label ORDER BY number LIMIT ?",
        (-1 if first is None else first,),
    ).fetchall()
    values = np.full((len(outputs), len(rows)), np.nan)
    places = {(output.level, output.name): place for place, output in enumerate(outputs)}
    for column, (_, level, name, value) in enumerate(rows):
        if (place := places.get((level, name))) is not None:
            values[place, column] = value
    return [row["smiles"] for row in rows], values
