"""Folders that appear complete or not at all."""

from __future__ import annotations

import fcntl
import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from molsteer.shared.errors import RefusedFolder


@contextmanager
def staged(folder: Path, *, replace_if_holds: str | None = None) -> Iterator[Path]:
    """Give an empty folder that takes the name `folder` when the block ends well, else vanishes.

    What a killed process left behind is removed by the next one that stages the same folder.

    Args:
        folder: The folder to make; its parent exists.
        replace_if_holds: Replace a folder that is there already, if it holds a file of this name.

    Raises:
        RefusedFolder: If the folder exists and may not be replaced, or cannot be written.
    """
    folder = folder.resolve()
    _check_vacant(folder, replace_if_holds)
    draft = folder.with_name(f"{_prefix(folder)}{secrets.token_hex(4)}")
    try:
        _remove_abandoned(folder)
        draft.mkdir()
        with _opened(draft) as descriptor:
            with suppress(OSError):  # a file system without locks only loses the tidying
                _lock(descriptor)
            yield draft
            _publish(draft, folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RefusedFolder(folder, reason, "Check free space and permissions.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _check_vacant(folder: Path, replace_if_holds: str | None) -> None:
    if not folder.parent.is_dir():
        raise RefusedFolder(folder, f"{folder.parent} is not a folder", "Create it first.")
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if replace_if_holds is None:
        cure = "Choose another name, or replace it with --force."
        raise RefusedFolder(folder, "it exists already", cure)
    if not (folder / replace_if_holds).is_file():
        reason = f"it exists and holds no {replace_if_holds}, so it is not replaced"
        raise RefusedFolder(folder, reason, "Choose another name.")


def _prefix(folder: Path) -> str:
    return f".{folder.name}.partial-"


def _remove_abandoned(folder: Path) -> None:
    """Remove drafts of the same folder that no living process holds."""
    for draft in folder.parent.glob(f"{glob.escape(_prefix(folder))}*"):
        with suppress(OSError), _opened(draft) as descriptor:
            _lock(descriptor)
            shutil.rmtree(draft)


@contextmanager
def _opened(draft: Path) -> Iterator[int]:
    descriptor = os.open(draft, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _publish(draft: Path, folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        retired = draft.with_name(f"{draft.name}-replaced")
        folder.rename(retired)
        draft.rename(folder)
        shutil.rmtree(retired)
    else:
        draft.rename(folder)
