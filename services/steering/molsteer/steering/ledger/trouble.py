"""What SQLite complains of: what passes by itself or can be mended, and what is damage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from molsteer.shared.errors import ServiceUnavailable
from molsteer.steering.errors import LEDGER_FILE, UnusableRunDirectory

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_REFUSED = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_DAMAGED = {sqlite3.SQLITE_CORRUPT: "is damaged", sqlite3.SQLITE_NOTADB: "cannot be opened"}


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Turn what is wrong with the file of a ledger, or with its disk, into a sentence.

    Raises:
        ServiceUnavailable: If another program holds its lock, it may not be opened or written, or
            the disk has no room or does not work; trying again later makes sense.
        UnusableRunDirectory: If the file is damaged.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        # Extended codes carry the primary one in their lowest byte.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _LOCKED:
            reason = f"another program holds the lock of its {LEDGER_FILE} ({error})"
            cure = "Close whatever has the file open."
        elif code in _REFUSED:
            reason = f"its {LEDGER_FILE} cannot be opened or written ({error})"
            cure = "Check that it is there, its permissions, and how many files may be open."
        elif code in _DISK:
            raise unwritable(folder, error) from None
        elif code in _DAMAGED:
            reason = f"its {LEDGER_FILE} {_DAMAGED[code]} ({error})"
            raise UnusableRunDirectory(folder, reason, "Restore it from a copy") from None
        else:
            raise
        raise ServiceUnavailable("The run directory", str(folder), reason, cure) from None


def unwritable(folder: Path, error: Exception) -> ServiceUnavailable:
    """Say that nothing can be written into a run directory."""
    reason = f"it cannot be written ({error})"
    return ServiceUnavailable("The run directory", str(folder), reason, "Make room on its disk.")
