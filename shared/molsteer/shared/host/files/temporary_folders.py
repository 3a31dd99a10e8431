"""Temporary folders that others remove only when it is proven that nobody answers for them.

Whoever makes one holds a lock on a file in it, which ends with its process and no sooner. Process
ids prove nothing: containers may share a temporary folder and a host name, but not their processes.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from molsteer.shared.host.locks import is_locked

SHORT_PARENT = "/tmp"  # noqa: S108 - what is made there is private
"""Where temporary folders are whose path must not be long."""

_STEM = f"molsteer-{platform.node()}-"
_LOCK = "owner.lock"


def new_name() -> str:
    """Give a name for a temporary folder, which no other one has."""
    import secrets  # takes its time

    return f"{_STEM}{os.getpid()}.{secrets.token_hex(4)}"


class OwnFolder:
    """A temporary folder for this user alone.

    Args:
        path: Where it is made; nothing may be there.

    Attributes:
        lock: Holds the folder as long as any process has it open; None on a file system without
            locks, where the folder is never taken for abandoned.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock: int | None = None
        self.make()

    def make(self) -> None:
        """Make the folder, also where somebody else has removed it."""
        self._let_go()
        self.path.mkdir(mode=0o700)
        self.lock = _hold(self.path)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._let_go()

    def _let_go(self) -> None:
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None


def remove_folders_of_the_dead() -> None:
    """Remove what processes left behind that were killed, or went down with their machine."""
    for parent in {tempfile.gettempdir(), SHORT_PARENT}:
        for folder in folders_in(Path(parent)):
            _remove_if_abandoned(folder)


def folders_in(parent: Path) -> Iterator[Path]:
    """Give the folders that were made there on this machine, by whomever."""
    return parent.glob(f"{_STEM}*")


def is_abandoned(folder: Path) -> bool:
    """Tell whether it is proven that nobody answers for a folder."""
    lock = folder / _LOCK
    return lock.exists() and is_locked(lock) is False


def _hold(folder: Path) -> int | None:
    # The file gets its name when it is locked: whoever finds it free may remove the folder.
    draft = folder / f".{_LOCK}"
    handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    draft.rename(folder / _LOCK)
    return handle


def _remove_if_abandoned(folder: Path) -> None:
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return  # no folder of ours, another user's, or one that is just being made
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return  # somebody holds it, or nobody can tell
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
