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
    log = folder / f"{LEDGER_FILE}-wal"
    at_rest = held is False and not (log.exists() and log.stat().st_size)
    return Ledger(folder, read_only=True, at_rest=at_rest)
