"""How processes are told to end, and what Linux does with their children."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


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
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if parent is not None and os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
