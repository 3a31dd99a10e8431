"""Opens a campaign's ledger and groups its writes into transactions."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from molsteer.shared.errors import ServiceUnavailable
from molsteer.steering.errors import NoCampaign, UnknownLedger, UnusableRunDirectory
from molsteer.steering.ledger.schema import TABLES, VERSION
from molsteer.steering.policy.events import Event
from molsteer.steering.policy.journal_codec import from_json, to_json

FILE_NAME = "ledger.sqlite"


class Ledger:
    """The journal of events and everything that follows from them, in one SQLite file.

    Every write happens inside `transaction`; what one event causes is committed together with it,
    and on disk before anything outside the ledger hears of it.

    Args:
        folder: The run directory.
        create: Make a new ledger if there is none.
        read_only: Look only; never blocks the steering process that writes.

    Raises:
        NoCampaign: If there is no ledger and none may be made.
        UnknownLedger: If another version of the program wrote it.
        UnusableRunDirectory: If the file is damaged, or may not be read or written.
    """

    def __init__(self, folder: Path, *, create: bool = False, read_only: bool = False) -> None:
        self._folder, path = folder, folder / FILE_NAME
        if not create and not path.is_file():
            raise NoCampaign(folder)
        try:
            self.connection = _connect(path, read_only=read_only)
            self._check_version(folder, may_create=create)
        except sqlite3.Error as error:
            reason = f"its {FILE_NAME} cannot be opened ({error})"
            cure = "Check its permissions, restore it from a copy"
            raise UnusableRunDirectory(folder, reason, cure) from None

    def _check_version(self, folder: Path, *, may_create: bool) -> None:
        (found,) = self.connection.execute("PRAGMA user_version").fetchone()
        if found == 0 and may_create:
            script = f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"
            self.connection.executescript(script)
        elif found != VERSION:
            self.connection.close()
            raise UnknownLedger(folder, found, VERSION) if found else NoCampaign(folder)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit everything written inside, or nothing.

        Raises:
            ServiceUnavailable: If the disk has no room or does not work.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException as error:
            # SQLite may have rolled back by itself.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) and _is_about_disk(error):
                raise unwritable(self._folder, error) from None
            raise

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """See the ledger as it is at one instant, whatever is written meanwhile."""
        self.connection.execute("BEGIN")
        try:
            yield self.connection
        finally:
            self.connection.execute("ROLLBACK")

    def append(self, event: Event) -> None:
        """Write an event to the journal; inside a transaction."""
        self.connection.execute("INSERT INTO event (body) VALUES (?)", (to_json(event),))

    @property
    def has_events(self) -> bool:
        """Whether the campaign has begun."""
        (found,) = self.connection.execute("SELECT EXISTS (SELECT 1 FROM event)").fetchone()
        return bool(found)

    def events(self, *, after: int = 0) -> Iterator[Event]:
        """Read the journal from its beginning, or from behind an event."""
        rows = self.connection.execute(
            "SELECT body FROM event WHERE seq > ? ORDER BY seq", (after,)
        )
        for (body,) in rows:
            yield from_json(body)

    def fact(self, name: str) -> object:
        """Read a fact about the campaign, or None."""
        row = self.connection.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def set_fact(self, name: str, value: object) -> None:
        """Write a fact about the campaign; inside a transaction."""
        self.connection.execute(
            "INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", (name, json.dumps(value))
        )

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    options = "mode=ro" if read_only else "mode=rwc"
    if read_only and _is_at_rest(path):
        options += "&immutable=1"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}", uri=True, isolation_level=None, timeout=30.0
    )
    connection.row_factory = sqlite3.Row
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def _is_at_rest(path: Path) -> bool:
    """Tell whether nobody writes a ledger, in a folder where SQLite cannot make its own files."""
    log = path.with_name(f"{path.name}-wal")
    return not log.exists() and not os.access(path.parent, os.W_OK)


def unwritable(folder: Path, error: Exception) -> ServiceUnavailable:
    """Say that nothing can be written into a run directory."""
    reason = f"it cannot be written ({error})"
    return ServiceUnavailable("The run directory", str(folder), reason, "Make room on its disk.")


def _is_about_disk(error: sqlite3.OperationalError) -> bool:
    # Extended codes carry the primary one in their lowest byte.
    return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
