"""Files that are in two folders without being there twice."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def linked(file: Path, name: Path) -> None:
    """Give a file another name; copy it where that cannot be done."""
    if name.exists():
        return
    try:
        os.link(file, name)
    except OSError:  # another file system, or another user's file
        shutil.copyfile(file, name)
