"""Waiting for conditions instead of guessing how long something takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 240.0
"""Far beyond what anything takes, also on a busy machine: no test is about how long it took."""

_AnswerT = TypeVar("_AnswerT")


def eventually(condition: Callable[[], _AnswerT], deadline_s: float = PATIENCE_S) -> _AnswerT:
    """Ask until the answer is true, and give it; fail after the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{condition} did not come true within {deadline_s} s.")
        time.sleep(0.02)
