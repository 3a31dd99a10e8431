"""Looks into ledgers and leaves nothing beside them."""

from __future__ import annotations

from pathlib import Path

from molsteer.steering.errors import LEDGER_FILE
from molsteer.steering.ledger.ledger import Ledger


def look_into(folder: Path, *, held: bool | None) -> Ledger:
    """Open the ledger of a run directory for reading; raises as `Ledger`.

    Args:
        folder: The run directory.
        held: Whether a steering process holds it, or None where that is not known.
    """
    in_use = (folder / f"{LEDGER_FILE}-wal").exists()  # also by a program that is not ours
    return Ledger(folder, read_only=True, at_rest=held is False and not in_use)
