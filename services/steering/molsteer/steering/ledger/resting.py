"""Looks into ledgers and leaves nothing beside them."""

from __future__ import annotations

from pathlib import Path

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.schema import FILE_NAME


def look_into(folder: Path, *, held: bool | None) -> Ledger:
    """Open the ledger of a run directory for reading; raises as `Ledger`.

    Args:
        folder: The run directory.
        held: Whether a steering process holds it, or None where that is not known.
    """
    log = folder / f"{FILE_NAME}-wal"
    at_rest = held is False and not (log.exists() and log.stat().st_size)
    return Ledger(folder, read_only=True, at_rest=at_rest)
