"""Looks into a ledger without leaving a trace, where nobody writes it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from molsteer.steering.errors import NoCampaign, UnusableRunDirectory
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.schema import FILE_NAME


class RestingLedger(Ledger):
    """A ledger that nobody writes meanwhile; SQLite makes no files of its own beside it.

    Raises:
        NoCampaign: If there is no ledger.
        UnknownLedger: If another version of the program wrote it.
        UnusableRunDirectory: If the file is damaged or may not be read.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / FILE_NAME
        if not path.is_file():
            raise NoCampaign(folder)
        try:
            uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            self.connection = sqlite3.connect(uri, uri=True, isolation_level=None)
            self.connection.row_factory = sqlite3.Row
            self._check_version(folder, may_create=False)
        except sqlite3.Error as error:
            reason = f"its {FILE_NAME} cannot be opened ({error})"
            cure = "Check its permissions, restore it from a copy"
            raise UnusableRunDirectory(folder, reason, cure) from None


def look_into(folder: Path, *, held: bool | None) -> Ledger:
    """Open the ledger of a run directory for reading; raises as `RestingLedger`.

    Args:
        folder: The run directory.
        held: Whether a steering process holds it, or None where that is not known.
    """
    log = folder / f"{FILE_NAME}-wal"
    at_rest = held is False and not (log.exists() and log.stat().st_size)
    return RestingLedger(folder) if at_rest else Ledger(folder, read_only=True)
