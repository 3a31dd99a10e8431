"""Tells a worker's main process which task of a packet one of its processes is at."""

from __future__ import annotations

import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path

_FORMAT = struct.Struct("<qdd")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a process is.

    Attributes:
        index: The task in the packet, from 0.
        began: When it began, in seconds of the Unix epoch.
        since_s: Likewise by the clock that nobody sets and all processes here share.
    """

    index: int
    began: float
    since_s: float


class PlaceNote:
    """What a process writes down; it takes a few bytes, written in place.

    Args:
        scratch: The worker's folder.
    """

    def __init__(self, scratch: Path) -> None:
        self._handle = os.open(_file(scratch, os.getpid()), os.O_WRONLY | os.O_CREAT, 0o600)

    def __call__(self, index: int) -> None:
        """Note that a task has begun."""
        os.pwrite(self._handle, _FORMAT.pack(index, time.time(), time.monotonic()), 0)


def read_place(scratch: Path, pid: int) -> Place | None:
    """Read what a process wrote down; None if it never did."""
    try:
        return Place(*_FORMAT.unpack(_file(scratch, pid).read_bytes()))
    except (OSError, struct.error):
        return None


def _file(scratch: Path, pid: int) -> Path:
    return scratch / f"place-{pid}"
