"""Scratch folders: one for each worker, in it one for each process, in it one for each task."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from molsteer.shared.host.files.temporary_folders import new_name


def worker_folder() -> Path:
    """Name a folder for the worker whose main process this is."""
    return Path(tempfile.gettempdir()) / new_name()


@contextmanager
def task_folder(worker: Path) -> Iterator[Path]:
    """Give this process an empty folder for one task, and remove it afterwards."""
    own = worker / str(os.getpid())
    try:
        folder = Path(tempfile.mkdtemp(dir=own))
    except FileNotFoundError:
        own.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=own))
    try:
        yield folder
    finally:
        try:
            folder.rmdir()  # most tasks leave nothing behind
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """Give a folder for one of several tasks, and leave it there, and empty, for the next one."""
    try:
        yield folder
    finally:
        with suppress(OSError):
            if not folder.exists() or os.listdir(folder):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(exist_ok=True)
