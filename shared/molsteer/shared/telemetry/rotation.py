"""Log files that stay small, also where several processes write one."""

from __future__ import annotations

import fcntl
import logging
import os
import sys
from contextlib import suppress
from logging.handlers import WatchedFileHandler
from pathlib import Path

MOST_BYTES = 10_000_000
"""Size at which a log is put aside, as NAME.1."""

KEPT = 2
"""How many of those there are; older ones are removed."""


class SmallLog(WatchedFileHandler):
    """A log that is put aside when it is large, on a disk that may be full.

    Whichever process finds it large moves it; the others see that, and go on with the new one. What
    a disk does not take is lost, and nothing else.

    Args:
        file: Where lines are added; its folder must be there.
        most_bytes: Size at which it is put aside.

    Raises:
        OSError: If it cannot be opened.
    """

    def __init__(self, file: Path, most_bytes: int = MOST_BYTES) -> None:
        super().__init__(file, encoding="utf-8", errors="backslashreplace")
        self._most_bytes = most_bytes

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, into a new file if this one is large."""
        with suppress(OSError):  # it grows further, or what is written next fails as well
            if self.stream is not None and self.stream.tell() >= self._most_bytes:
                self._put_aside(self.stream.fileno())
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Tell of defects alone."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def _put_aside(self, descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if _same(descriptor, self.baseFilename):
                put_aside(Path(self.baseFilename))
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)


def put_aside(file: Path) -> None:
    """Give a file its place among those that were put aside; the oldest goes.

    Raises:
        OSError: If it cannot be moved.
    """
    for number in range(KEPT, 0, -1):
        older = file if number == 1 else file.with_name(f"{file.name}.{number - 1}")
        if older.exists():
            older.replace(file.with_name(f"{file.name}.{number}"))


def _same(descriptor: int, file: str) -> bool:
    opened, found = os.fstat(descriptor), os.stat(file)
    return (opened.st_dev, opened.st_ino) == (found.st_dev, found.st_ino)
