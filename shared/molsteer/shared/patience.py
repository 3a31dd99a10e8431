"""Sitting out an outage."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from molsteer.shared.errors import ServiceUnavailable

_AnswerT = TypeVar("_AnswerT")


def patiently(call: Callable[[], _AnswerT], patience_s: float) -> _AnswerT:
    """Make a call, again and again while a service is away.

    Args:
        call: What may be repeated without harm.
        patience_s: How long to try again before the outage is reported.

    Raises:
        ServiceUnavailable: If the outage lasts longer.
    """
    deadline, pause_s = time.monotonic() + patience_s, 0.1
    while True:
        try:
            return call()
        except ServiceUnavailable:
            if time.monotonic() + pause_s > deadline:
                raise
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, 5.0)
