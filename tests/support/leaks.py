"""Looks for secrets where others could find them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil


def leaks(secrets: Iterable[str], *folders: Path) -> list[str]:
    """Name the process titles and the files below folders that hold one of the secrets."""
    sought = [secret.encode() for secret in secrets]
    assert sought
    assert all(sought)
    return [
        place for place, data in _everything(folders) if any(secret in data for secret in sought)
    ]


def _everything(folders: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for process in psutil.process_iter(["cmdline"]):
        yield f"process {process.pid}", "\0".join(process.info["cmdline"] or ()).encode()
    for folder in folders:
        files = list(_files(folder))
        assert files
        for file in files:
            with suppress(FileNotFoundError):  # scratch of processes that are just ending
                yield str(file), file.read_bytes()


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (file for name in names if (file := Path(parent, name)).is_file())
