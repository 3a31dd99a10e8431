"""Looks for secrets where others could find them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert files
        yield from ((str(file), file.read_bytes()) for file in files)
