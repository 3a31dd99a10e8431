"""Files that appear complete or not at all, also where the machine goes down meanwhile."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(file: Path, data: bytes, mode: int | None = None) -> Path:
    """Write a file beside its place, wait for the disk, and give it its name.

    Args:
        file: Where it is to be; one that is there is replaced.
        data: What is to be in it.
        mode: Who may use it; None leaves that to the user's habit.

    Returns:
        The file.

    Raises:
        OSError: If it cannot be written; what was there is left.
    """
    unfinished = file.with_name(f".{file.name}.part")
    with unfinished.open("wb") as opened:
        if mode is not None:
            os.fchmod(opened.fileno(), mode)
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    return unfinished.replace(file)
