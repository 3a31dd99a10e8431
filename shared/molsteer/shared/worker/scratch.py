"""Scratch folders: one for each worker, in it one for each process, in it one for each task."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STEM = f"molsteer-{platform.node()}-"


def worker_folder() -> Path:
    """Name the folder of the worker whose main process this is."""
    return Path(tempfile.gettempdir()) / f"{_STEM}{os.getpid()}"


def remove_folders_of_the_dead() -> None:
    """Remove what workers left behind that went down together with their machine or container."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_STEM}*"):
        if not _is_alive(folder.name.removeprefix(_STEM)):
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
        return True  # not a worker's folder
    if int(pid) == os.getpid():
        return False  # a namesake before us, as restarted containers have
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
