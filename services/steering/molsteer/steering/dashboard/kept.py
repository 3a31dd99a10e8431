"""What was read last, and is read anew when its source has changed, without being waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

EVERY_S, READING_SHARE = 2.0, 0.2
"""It is read every two seconds, or so seldom that reading a large campaign takes a fifth of the
time of one core."""


class Kept(Generic[T]):
    """Something that takes long to read.

    Args:
        read: Reads it, on a thread of its own.
        mark: Tells cheaply what the source is like now; equal marks mean that nothing changed.
        clock: Gives seconds.
    """

    def __init__(
        self,
        read: Callable[[], T],
        mark: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._mark, self._clock = read, mark, clock
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        self._value: T | None = None
        self._error: Exception | None = None
        self._seen: object = None
        self._due_at = float("-inf")

    def look(self, wait_s: float) -> T | None:
        """Give what was read last, None if it takes longer than there is patience the first time.

        Raises what reading it raised.
        """
        with self._lock:
            if self._idle.is_set() and self._clock() >= self._due_at:
                mark = self._mark()
                if mark != self._seen or self._error is not None:
                    self._idle.clear()
                    threading.Thread(target=self._renew, args=(mark,), daemon=True).start()
        self._idle.wait(wait_s)
        if self._error is not None:
            raise self._error
        return self._value

    def _renew(self, mark: object) -> None:
        begun = self._clock()
        try:
            value = self._read()
        except Exception as error:  # whoever looks is told
            self._error = error
        else:
            self._value, self._error, self._seen = value, None, mark
        ended = self._clock()
        self._due_at = max(begun + EVERY_S, ended + (ended - begun) * (1 / READING_SHARE - 1))
        self._idle.set()
