"""Labels that were known before the campaign began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from molsteer.steering.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class KnownLabel:
    """A molecule, in the search space or outside, and its adiabatic ionization potential.

    Attributes:
            smiles: Canonical and isomeric, its identity.
        rows: How many rows of the training set say so.
    """

    smiles: str
    adiabatic_eV: float
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
        "INSERT INTO known_label (smiles, adiabatic_eV, molecule) VALUES (?, ?, ?)",
        [
            (label.smiles, label.adiabatic_eV, molecule)
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


def labelled(ledger: Ledger) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Give the SMILES of all, and their adiabatic ionization potentials in eV."""
    rows = ledger.connection.execute(
        "SELECT smiles, adiabatic_eV FROM known_label ORDER BY number"
    ).fetchall()
    return [row[0] for row in rows], np.array([row[1] for row in rows], dtype=np.float64)
