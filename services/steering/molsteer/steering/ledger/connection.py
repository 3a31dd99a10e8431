"""Connections to the file of a ledger, which tell in a sentence what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn, Self

from molsteer.steering.errors import LEDGER_FILE
from molsteer.steering.ledger.trouble import told

BUSY_S = 5.0
"""How long to wait for a lock that another program holds, before it is reported."""


class LedgerConnection(sqlite3.Connection):
    """A connection whose statements raise as `told` says, whether they are begun or read on.

    Attributes:
        folder: The run directory, for the message.
    """

    folder: Path

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run a statement."""
        return self.cursor(_Cursor).execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Run a statement once for each of several rows."""
        return self.cursor(_Cursor).executemany(sql, parameters)

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
        """Run several statements."""
        return self.cursor(_Cursor).executescript(sql_script)


class _Cursor(sqlite3.Cursor):
    connection: LedgerConnection

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        try:
            return super().execute(sql, parameters)
        except sqlite3.DatabaseError as error:
            self._tell(error)

    def executemany(self, sql: str, seq_of_parameters: Iterable[Any], /) -> Self:
        try:
            return super().executemany(sql, seq_of_parameters)
        except sqlite3.DatabaseError as error:
            self._tell(error)

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
        try:
            return super().executescript(sql_script)
        except sqlite3.DatabaseError as error:
            self._tell(error)

    def fetchone(self) -> Any:
        try:
            return super().fetchone()
        except sqlite3.DatabaseError as error:
            self._tell(error)

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()
        except sqlite3.DatabaseError as error:
            self._tell(error)

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except sqlite3.DatabaseError as error:
            self._tell(error)

    def _tell(self, error: sqlite3.DatabaseError) -> NoReturn:
        with told(self.connection.folder):
            raise error


def connected(folder: Path, *, read_only: bool, at_rest: bool = False) -> LedgerConnection:
    """Open the ledger of a run directory; one that is written is made if it is missing.

    Raises:
        sqlite3.Error: If SQLite cannot open it.
        ServiceUnavailable: As `told` says, like the next one.
        UnusableRunDirectory: If it is damaged.
    """
    path = folder / LEDGER_FILE
    options = "mode=ro" if read_only else "mode=rwc"
    if read_only and (at_rest or _is_at_rest(path)):
        options += "&immutable=1"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_S,
        factory=LedgerConnection,
    )
    connection.folder = folder
    connection.row_factory = sqlite3.Row
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def _is_at_rest(path: Path) -> bool:
    """Tell whether nobody writes a ledger, in a folder where SQLite cannot make its own files."""
    log = path.with_name(f"{path.name}-wal")
    return not log.exists() and not os.access(path.parent, os.W_OK)
