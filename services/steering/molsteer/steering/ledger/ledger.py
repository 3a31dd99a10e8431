"""Opens a campaign's ledger and groups its writes into transactions."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.shared.errors import ServiceUnavailable
from molsteer.steering.errors import LEDGER_FILE, NoCampaign, UnknownLedger, UnusableRunDirectory
from molsteer.steering.ledger.connection import connected
from molsteer.steering.ledger.schema import ADDED, TABLES, VERSION
from molsteer.steering.ledger.trouble import unwritable as unwritable

if TYPE_CHECKING:
    from molsteer.steering.policy.events import Event


class Ledger:
    """The journal of events and everything that follows from them, in one SQLite file.

    Every write happens inside `transaction`; what one event causes is committed together with it,
    and on disk before anything outside the ledger hears of it.

    Args:
        folder: The run directory.
        create: Make a new ledger if there is none.
        read_only: Look only; never blocks the steering process that writes.
        at_rest: Nobody writes it meanwhile, so that SQLite need make no files of its own beside it.

    Raises:
        NoCampaign: If there is no ledger and none may be made.
        UnknownLedger: If another version of the program wrote it.
        ServiceUnavailable: If another program holds its lock, or it may not be read or written.
        UnusableRunDirectory: If the file is damaged, or cannot be opened.

    Every other method and query may raise the last two as well.

    Attributes:
        folder: The run directory.
        commits: Transactions that were committed.
        lasting_commits: Those of them that waited for the disk.
        commits_s: How long they took, from their beginning until they were on disk.
    """

    commits: int = 0
    lasting_commits: int = 0
    commits_s: float = 0.0
    _waits_for_disk: bool = True

    def __init__(
        self, folder: Path, *, create: bool = False, read_only: bool = False, at_rest: bool = False
    ) -> None:
        if not create and not (folder / LEDGER_FILE).is_file():
            raise NoCampaign(folder)
        try:
            self.folder = folder
            self.connection = connected(folder, read_only=read_only, at_rest=at_rest)
            self._check_version(folder, may_create=create)
            if not read_only:
                self.connection.executescript(ADDED)
        except sqlite3.Error as error:
            reason = f"its {LEDGER_FILE} cannot be opened ({error})"
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
    def transaction(self, *, lasting: bool = True) -> Iterator[sqlite3.Connection]:
        """Commit everything written inside, or nothing.

        Args:
            lasting: Whether it is on disk at the end. What may be forgotten where the machine goes
                down, for it is done again, need not wait for the disk; it is there with the next
                transaction that lasts.

        Raises:
            ServiceUnavailable: If another program holds the lock, or the disk has no room or does
                not work.
        """
        began_at = time.perf_counter()
        try:
            self._wait_for_disk(lasting)
            self.connection.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.connection.execute("COMMIT")
            self.commits += 1
            self.lasting_commits += lasting
            self.commits_s += time.perf_counter() - began_at
        finally:
            self._roll_back()

    def _wait_for_disk(self, lasting: bool) -> None:
        if lasting != self._waits_for_disk:
            self.connection.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            self._waits_for_disk = lasting

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Inside a transaction, take back what is written in here, and no more, if it fails."""
        self.connection.execute("SAVEPOINT attempt")
        try:
            yield
        except Exception:
            if self.connection.in_transaction:  # or SQLite has taken all of it back
                self.connection.execute("ROLLBACK TO attempt")
            raise
        self.connection.execute("RELEASE attempt")

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """See the ledger as it is at one instant, whatever is written meanwhile."""
        self.connection.execute("BEGIN")
        try:
            yield self.connection
        finally:
            self._roll_back()

    def _roll_back(self) -> None:
        """Leave a transaction that was not committed, unless SQLite has done so by itself."""
        with suppress(ServiceUnavailable):  # of which what went before has told already
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def append(self, *events: Event) -> None:
        """Write events to the journal; inside a transaction."""
        from molsteer.steering.policy.codecs.journal_codec import to_json

        rows = [(to_json(event),) for event in events]
        self.connection.executemany("INSERT INTO event (body) VALUES (?)", rows)

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table, which a ledger that was made earlier may lack."""
        query = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)"
        (found,) = self.connection.execute(query, (name,)).fetchone()
        return bool(found)

    @property
    def has_events(self) -> bool:
        """Whether the campaign has begun."""
        (found,) = self.connection.execute("SELECT EXISTS (SELECT 1 FROM event)").fetchone()
        return bool(found)

    def events(self, *, after: int = 0) -> Iterator[Event]:
        """Read the journal from its beginning, or from behind an event."""
        from molsteer.steering.policy.codecs.journal_codec import from_json

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
