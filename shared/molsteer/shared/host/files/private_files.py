"""Files that only their owner may read, where secrets are kept."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from molsteer.shared.errors import UnusableFile
from molsteer.shared.foreign_text import shell_word


def read_private(file: Path) -> str:
    """Read a file after making sure that nobody else can.

    Raises:
        UnusableFile: If it cannot be read, is no regular file, belongs to another user, or its
            group or others have any right to it.
    """
    try:
        # Without waiting, for a pipe has no other end yet.
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(handle, encoding="utf-8") as opened:
            _check(file, os.fstat(opened.fileno()))
            return opened.read()
    except OSError as error:
        raise _unreadable(file, error) from None
    except UnicodeDecodeError:
        raise UnusableFile(file, "it is not UTF-8 text", "Write it again.") from None


def read_password(file: Path) -> str:
    """Read a file that holds nothing but a password; raises like `read_private`."""
    password = read_private(file).removesuffix("\n")
    if not password or not password.isprintable():
        raise UnusableFile(file, "it is not one line of text", "Write the password alone into it.")
    return password


def check_readable(file: Path) -> None:
    """Make sure that a file which is no secret can be read.

    Raises:
        UnusableFile: If it cannot.
    """
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise _unreadable(file, error) from None


def write_private(file: Path, text: str) -> None:
    """Write a file that only we may read; one that is there is replaced.

    Raises:
        UnusableFile: If it cannot be written.
    """
    try:
        _replace(file, text)
    except OSError as error:
        reason = f"it cannot be written ({error.strerror})"
        cure = "Check its folder: the name, the permissions, and the free space."
        raise UnusableFile(file, reason, cure) from None


def is_exposed(status: os.stat_result) -> bool:
    """Tell whether a file's group or others have any right to it."""
    return bool(stat.S_IMODE(status.st_mode) & 0o077)


def _replace(file: Path, text: str) -> None:
    passing = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(text)
        passing.replace(file)
    except BaseException:
        passing.unlink(missing_ok=True)
        raise


def _unreadable(file: Path, error: OSError) -> UnusableFile:
    reason = f"it cannot be read ({error.strerror})"
    return UnusableFile(file, reason, "Correct its name or its permissions.")


def _check(file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnusableFile(file, "it is not a regular file", "Name another one.")
    if status.st_uid != os.geteuid():
        cure = "Make a copy of your own, with mode 600."
        raise UnusableFile(file, "it holds a secret and belongs to another user", cure)
    if is_exposed(status):
        reason = f"it holds a secret, and others may use it (mode {stat.S_IMODE(status.st_mode):o})"
        raise UnusableFile(file, reason, f"Keep it to yourself: chmod 600 {shell_word(file)}")
