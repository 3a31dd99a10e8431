"""Scratch folders: one for each worker, in it one for each process, in it one for each task.

Temporary folders are named after the process that answers for them, so that others can tell when it
is gone.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHORT_PARENT = "/tmp"  # noqa: S108 - what is made there is private
"""Where temporary folders are whose path must not be long."""

_STEM = f"molsteer-{platform.node()}-"


def name_of_this_process() -> str:
    """Give the name of its temporary folder; further ones begin with it and a dot."""
    return f"{_STEM}{os.getpid()}"


def worker_folder() -> Path:
    """Name the folder of the worker whose main process this is."""
    return Path(tempfile.gettempdir()) / name_of_this_process()


def remove_folders_of_the_dead() -> None:
    """Remove what processes left behind that were killed, or went down with their machine."""
    for parent in {tempfile.gettempdir(), SHORT_PARENT}:
        for folder in Path(parent).glob(f"{_STEM}*"):
            # A namesake before us had our name, as in restarted containers.
            is_ours = folder.name == name_of_this_process()
            if is_ours or not _is_alive(folder.name.removeprefix(_STEM).partition(".")[0]):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def task_folder(worker: Path) -> Iterator[Path]:
    """Give this process an empty folder for one task, and remove it afterwards."""
    own = worker / str(os.getpid())
    own.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=own, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _is_alive(pid: str) -> bool:
    if not pid.isdecimal():
        return True  # not a folder of ours
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
