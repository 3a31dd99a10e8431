"""Key files: key rings on disk, for the eyes of one user."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from molsteer.shared.errors import UnusableKeys
from molsteer.shared.messages import TOPICS, Topic
from molsteer.shared.settings.loading import sentences
from molsteer.shared.signing.key_ring import UNSIGNED, KeyRing


def read_key_ring(file: Path | None, topic: Topic | None = None) -> KeyRing:
    """Get the keys that a process works with; none if no file is given.

    Args:
        file: A key file.
        topic: What a worker works on, whose keys alone are taken; None for steering.

    Raises:
        UnusableKeys: If the file cannot be used or lacks a topic's keys.
    """
    if file is None:
        return UNSIGNED
    ring = read_keys(file)
    for needed in TOPICS if topic is None else (topic,):
        if needed not in ring.topics:
            raise UnusableKeys(
                file,
                f"it holds no key of {needed}",
                f"Take them from the complete file: molsteer keys extract FILE {needed}.",
            )
    return ring if topic is None else ring.only(topic)


def read_keys(file: Path) -> KeyRing:
    """Read a key file.

    Raises:
        UnusableKeys: If there is none, others may read it, or it holds no keys.
    """
    try:
        with file.open("rb") as opened:
            _check_private(file, opened)
            return KeyRing.model_validate_json(opened.read())
    except OSError as error:
        reason = f"it cannot be read ({error.strerror})"
        raise UnusableKeys(file, reason, "Make one: molsteer keys new FILE.") from None
    except ValidationError as error:
        reason = f"it holds no keys ({'; '.join(sentences(error)[:3]).rstrip('.')})"
        raise UnusableKeys(file, reason, "Make a new one: molsteer keys new FILE.") from None


def write_keys(file: Path, ring: KeyRing, *, replace: bool = False) -> None:
    """Write a key file that nobody else may read, whole or not at all.

    Raises:
        UnusableKeys: If the file cannot be written, or is there and must not be replaced.
    """
    handle, name = -1, ""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".keys-")
        with os.fdopen(handle, "wb") as opened:
            opened.write(ring.model_dump_json(indent=2).encode() + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
        if replace:
            os.replace(name, file)
        else:
            os.link(name, file)
    except FileExistsError:
        reason = "it is there already"
        raise UnusableKeys(file, reason, "Choose another, or: molsteer keys rotate FILE.") from None
    except OSError as error:
        reason = f"it cannot be written ({error.strerror})"
        raise UnusableKeys(file, reason, "Check the folder.") from None
    finally:
        if name:
            Path(name).unlink(missing_ok=True)


def _check_private(file: Path, opened: BinaryIO) -> None:
    status = os.fstat(opened.fileno())
    if status.st_uid not in {os.geteuid(), 0}:
        reason = "it belongs to another user"
        raise UnusableKeys(file, reason, "Copy it, or ask its owner for the keys.")
    if stat.S_IMODE(status.st_mode) & 0o077:
        reason = f"others may use it (its mode is {stat.S_IMODE(status.st_mode):04o})"
        raise UnusableKeys(file, reason, f"Give it to you alone: chmod 600 {file}")
