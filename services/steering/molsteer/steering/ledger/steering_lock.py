"""The file that the steering process of a run directory holds, and by which it shows that it lives.

Nothing large is loaded to read it, so that probes may ask often.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from molsteer.shared.host.locks import is_locked
from molsteer.shared.host.processes import process_facts

LOCK = "steering.lock"

STUCK_AFTER_S = 900.0
"""How long steering may take for a step before it counts as stuck.

A server or a disk that does not answer holds it up for minutes at most.
"""

_WITHIN_S, _AGAIN_AFTER_S = 0.5, 0.02


@dataclass(frozen=True, slots=True)
class Sign:
    """What is known of the steering process of a run directory, in one line.

    Attributes:
        alive: Whether it lives and gets on.
    """

    alive: bool
    sentence: str


def lock(descriptor: int) -> None:
    """Lock a file that is open for as long as it stays so.

    Raises:
        BlockingIOError: If another process holds it, for longer than it takes to look at it.
        OSError: If the file system does not lock files.
    """
    deadline = time.monotonic() + _WITHIN_S
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN_AFTER_S)


def is_held(folder: Path) -> bool | None:
    """Tell whether a steering process holds a run directory now; None if that cannot be known.

    It cannot where the file system has no locks, or the lock may not be read.
    """
    return is_locked(folder / LOCK)


def note_start(folder: Path) -> None:
    """Take note that steering has begun, and taken no step yet; that may need hours."""
    os.utime(folder / LOCK, (0, 0))


def note_step(folder: Path) -> None:
    """Take note that steering gets on; this needs no room on the disk."""
    with suppress(OSError):
        os.utime(folder / LOCK, (now := time.time(), now))


def look_at(folder: Path) -> Sign:
    """Look for the steering process of a run directory."""
    match is_held(folder):
        case True:
            pass
        case False:
            return Sign(False, f"No process steers the campaign in {folder} now.")
        case None:
            return Sign(False, f"{folder / LOCK} cannot be read, or its file system has no locks.")
    holder = (folder / LOCK).read_text(encoding="utf-8", errors="replace")
    if _is_stopped(holder):
        return Sign(False, f"Process {holder} does not steer: it is stopped (SIGSTOP).")
    step_at = (folder / LOCK).stat().st_mtime
    if not step_at:
        return Sign(True, f"Process {holder} steers: it starts.")
    ago_s = max(0.0, time.time() - step_at)
    if ago_s > STUCK_AFTER_S:
        return Sign(False, f"Process {holder} does not steer: its last step was {ago_s:.0f} s ago.")
    return Sign(True, f"Process {holder} steers: its last step was {ago_s:.0f} s ago.")


def _is_stopped(holder: str) -> bool:
    pid, _, host = holder.partition(" on ")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    facts = process_facts(int(pid))
    return facts is not None and facts.state in {"T", "t"}
