"""Ctrl-C, SIGTERM and hang-ups: the first asks the campaign to end gently, the second at once.

Before there is a campaign, each ends the program, and what it began is taken back.
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

from molsteer.shared.host.processes import abandon_closed, ending_signals, terminals


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
    """Count Ctrl-C, SIGTERM and hang-ups instead of ending the process."""
    interrupts, shown_on = Interrupts(), terminals()

    def count(_number: int, _frame: FrameType | None) -> None:
        interrupts.asked += 1
        abandon_closed(shown_on)

    before = {number: signal.signal(number, count) for number in _heard()}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tidy_up_on_terminate() -> None:
    """Let SIGTERM and hang-ups unwind the program as Ctrl-C does: nothing half-written stays."""
    shown_on = terminals()

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        abandon_closed(shown_on)
        sys.exit(128 + number)

    for number in ending_signals():
        signal.signal(number, leave)


def _heard() -> list[signal.Signals]:
    return [signal.SIGINT, *ending_signals()]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let whatever ends the program wait while processes start: half-started ones would complain.

    What is started never hears Ctrl-C. Outside of the main thread, nothing can be held back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        heard.append(number)

    before = {number: signal.signal(number, remember) for number in _heard()}
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # processes inherit the mask
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for number, handler in before.items():
            signal.signal(number, handler)
        if heard:
            signal.raise_signal(heard[0])
