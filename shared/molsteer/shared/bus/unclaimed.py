"""Messages that a worker took, and whose task nobody runs."""

from __future__ import annotations

import time
from collections.abc import Set


class Strays:
    """Remembers how long messages have been in the hands of nobody.

    kombu gives them back by the workers' clocks: those of a worker that died while its clock was
    ahead wait until the others' clocks say the same.

    Args:
        patience_s: How long kombu takes at most where clocks are right.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._since_s: dict[str, float] = {}

    def given_up(self, strays: Set[str]) -> Set[str]:
        """Name those of today's strays that have been so for too long."""
        now_s = time.monotonic()
        self._since_s = {name: self._since_s.get(name, now_s) for name in strays}
        return {name for name in strays if now_s - self._since_s[name] > self._patience_s}
