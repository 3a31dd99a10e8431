"""Key files: key rings on disk, for the eyes of one user."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from molsteer.shared.errors import UnusableFile
from molsteer.shared.foreign_text import shell_word
from molsteer.shared.host.files.private_files import read_private, write_private
from molsteer.shared.wire.key_ring import UNSIGNED, KeyRing
from molsteer.shared.wire.topics import TOPICS, Topic
from molsteer.shared.wording import sentences


def read_key_ring(file: Path | None, topic: Topic | None = None) -> KeyRing:
    """Get the keys that a process works with; none if no file is given.

    Args:
        file: A key file.
        topic: What a worker works on, whose keys alone are taken; None for steering.

    Raises:
        UnusableFile: If the file cannot be used or lacks a topic's keys.
    """
    if file is None:
        return UNSIGNED
    ring = read_keys(file)
    if topic is None:
        needed, cure = TOPICS, "Steering needs the complete file, as `molsteer keys new` wrote it."
    else:
        needed = (topic,)
        cure = f"Take it from the complete file: molsteer keys extract FILE {topic} -o EXTRACT"
    missing = [each for each in needed if each not in ring.topics]
    if missing:
        raise UnusableFile(file, f"it holds no key of {missing[0]}", cure)
    return ring if topic is None else ring.only(topic)


def read_keys(file: Path) -> KeyRing:
    """Read a key file.

    Raises:
        UnusableFile: If there is none, others may read it, or it holds no keys.
    """
    try:
        return KeyRing.model_validate_json(read_private(file))
    except ValidationError as error:
        reason = f"it holds no keys ({'; '.join(sentences(error)[:3]).rstrip('.')})"
        raise UnusableFile(file, reason, "Make a new one: molsteer keys new FILE") from None


def write_new_keys(file: Path, ring: KeyRing) -> None:
    """Write a key file where there is none.

    Raises:
        UnusableFile: If there is one, or it cannot be written.
    """
    if file.exists():
        cure = f"Choose another, or: molsteer keys rotate {shell_word(file)}"
        raise UnusableFile(file, "it is there already, and its keys may be in use", cure)
    write_keys(file, ring)


def write_keys(file: Path, ring: KeyRing) -> None:
    """Write a key file; one that is there is replaced.

    Raises:
        UnusableFile: If it cannot be written.
    """
    write_private(file, ring.model_dump_json(indent=2) + "\n")
