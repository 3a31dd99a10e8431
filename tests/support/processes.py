"""Processes below another, any of which may end while one looks at it."""

from __future__ import annotations

from contextlib import suppress

import psutil


def below(pid: int, word: str = "") -> list[psutil.Process]:
    """List the processes below another whose command line holds a text, but those just ending."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            if word in " ".join(process.cmdline()):
                found.append(process)
    return found


def environment_of(process: psutil.Process) -> dict[str, str]:
    """Give what a process was told by its environment: nothing when it has ended."""
    with suppress(psutil.Error):
        return process.environ()
    return {}
