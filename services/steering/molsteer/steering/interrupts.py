"""Ctrl-C and SIGTERM: the first asks the campaign to end gently, the second ends it at once.

Before there is a campaign, both end the program, and what it began is taken back.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn


@dataclass
class Interrupts:
    """How often the user has asked to stop."""

    asked: int = 0
    _taken: bool = False

    @property
    def at_once(self) -> bool:
        """Whether the user has asked again."""
        return self.asked > 1

    def take_first(self) -> bool:
        """Tell once that the user has asked for the first time."""
        first = self.asked > 0 and not self._taken
        self._taken = self._taken or first
        return first


@contextmanager
def counted() -> Iterator[Interrupts]:
    """Count Ctrl-C and SIGTERM instead of ending the process."""
    interrupts = Interrupts()

    def count(_number: int, _frame: FrameType | None) -> None:
        interrupts.asked += 1

    before = {number: signal.signal(number, count) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tidy_up_on_terminate() -> None:
    """Let SIGTERM unwind the program as Ctrl-C does, so that nothing half-written stays."""
    signal.signal(signal.SIGTERM, _leave)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait while processes start, for half-started ones would complain.

    What is started never hears Ctrl-C. Outside of the main thread, nothing can be held back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        heard.append(number)

    before = {n: signal.signal(n, remember) for n in (signal.SIGINT, signal.SIGTERM)}
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # processes inherit the mask
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for number, handler in before.items():
            signal.signal(number, handler)
        if heard:
            signal.raise_signal(heard[0])
