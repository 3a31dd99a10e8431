"""What a process and all that it started use of this machine, as Linux tells."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")
_MOST_PROCESSES = 4096
"""Whoever starts more than these is looked at no further."""


class Use(NamedTuple):
    """What a tree of processes uses.

    Attributes:
        memory_bytes: Memory of all; what several share is counted once, where Linux tells.
        cpu_s: Processor time so far, that of children that have ended included.
    """

    memory_bytes: int
    cpu_s: float


def use_of(pid: int, proc: Path = Path("/proc")) -> Use | None:
    """Measure a process with everything that it started; None where that cannot be told."""
    memory_bytes, cpu_s, seen = 0, 0.0, False
    for process in _tree(proc, pid):
        with suppress(OSError, ValueError, IndexError):  # it ends just now
            cpu_s += _cpu_s(process)
            memory_bytes += _memory_bytes(process)
            seen = True
    return Use(memory_bytes, cpu_s) if seen else None


def descendants(pid: int, proc: Path = Path("/proc")) -> set[int]:
    """Give the processes that a process started, and those that these did; none where untold."""
    return {int(process.name) for process in _tree(proc, pid)} - {pid}


def _tree(proc: Path, pid: int) -> Iterator[Path]:
    ahead, count = [pid], 0
    while ahead and count < _MOST_PROCESSES:
        process = proc / str(ahead.pop())
        count += 1
        yield process
        for children in process.glob("task/*/children"):
            with suppress(OSError, ValueError):
                ahead += [int(child) for child in children.read_text().split()]


def _cpu_s(process: Path) -> float:
    # The name in parentheses may hold anything, also spaces and parentheses.
    _, _, fields = (process / "stat").read_text(errors="replace").rpartition(")")
    return sum(int(ticks) for ticks in fields.split()[11:15]) * _TICK_S


def _memory_bytes(process: Path) -> int:
    with suppress(OSError):
        for line in (process / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    return _PAGE_BYTES * int((process / "statm").read_text().split()[1])
