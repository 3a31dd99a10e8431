"""Processes that go on when the one that started them has ended."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def start_detached(command: Sequence[str | Path], log: Path) -> int:
    """Start a program in a session of its own; give its process id.

    Args:
        command: The program, by its path or found on PATH, and its arguments.
        log: Where what it says is added.

    Raises:
        OSError: If it cannot be started.
    """
    words = [os.fspath(word) for word in command]
    adding = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawnp(
        words[0],
        words,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.fspath(log), adding, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def has_ended(pid: int) -> bool:
    """Tell whether a process has ended; one that we started ourselves is buried."""
    try:
        ended, _ = os.waitpid(pid, os.WNOHANG)
        return ended == pid
    except ChildProcessError:  # somebody else started it
        pass
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):  # or another user has the number now
        return True
    return False
