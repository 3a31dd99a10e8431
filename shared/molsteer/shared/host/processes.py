"""How processes are told to end, and what Linux does with their children."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """What Linux tells of a process.

    Attributes:
        state: One letter: R runs, S and D wait, T is stopped, Z has ended and is not buried.
        began: When it began, in ticks since the machine was started.
    """

    state: str
    began: str


def process_facts(pid: int) -> ProcessFacts | None:
    """Look at a process; None if there is no such one, or where that cannot be told."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = told.rpartition(")")[2].split()
    return ProcessFacts(fields[0], fields[19])


def process_namespace() -> str:
    """Name the processes that this one sees, as those of a container; empty if nobody tells."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def ending_signals() -> list[signal.Signals]:
    """Name the signals by which others ask this process to end.

    A terminal that closes is one of them, unless it came ignored, as `nohup` has it.
    """
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        return [signal.SIGTERM]
    return [signal.SIGTERM, signal.SIGHUP]


def terminals() -> list[int]:
    """Give the standard outputs of this process that are terminals."""
    return [output for output in (1, 2) if os.isatty(output)]


def abandon_closed(terminals: list[int]) -> None:
    """Let what is still written to terminals that have closed go nowhere, instead of failing."""
    for output in terminals:
        if not os.isatty(output):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, output)
            os.close(nowhere)


def die_with_parent(parent: int | None = None) -> None:
    """Ask Linux to terminate this process when its parent ends; elsewhere nothing happens.

    Args:
        parent: Process that started this one, if it may have ended before it was asked for. What
            counts is the thread of it that did so.
    """
    if sys.platform == "linux":
        import ctypes  # takes its time

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if parent is not None and os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
