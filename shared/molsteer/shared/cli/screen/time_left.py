"""The time left as it is shown: an estimate that does not jump, in round numbers."""

from __future__ import annotations

from math import exp

FOLLOWS_WITHIN_S = 20.0
"""Time within which two thirds of a change of the estimate are shown."""


class SteadyTimeLeft:
    """Follows the estimates of one display; in between, the time passes as on a clock."""

    def __init__(self) -> None:
        self._end: float | None = None
        self._at = 0.0

    def follow(self, left_s: float | None, now: float) -> float | None:
        """Take note of the newest estimate, and give the steady one; None if there is none."""
        if left_s is None:
            self._end = None
        elif self._end is None:
            self._end = now + left_s
        else:
            share = 1.0 - exp(-(now - self._at) / FOLLOWS_WITHIN_S)
            self._end += share * (now + left_s - self._end)
        self._at = now
        return None if self._end is None else max(0.0, self._end - now)


def in_round_numbers(seconds: float) -> str:
    """Write a time as exactly as an estimate deserves."""
    if seconds < 55:
        return f"about {max(10, 10 * round(seconds / 10))} s"
    minutes = seconds / 60
    if minutes < 55:
        return f"about {_round(minutes, 1 if minutes < 10 else 5)} min"
    hours, minutes = divmod(_round(minutes, 10 if minutes < 600 else 60), 60)
    return f"about {hours} h {minutes:02d} min" if minutes else f"about {hours} h"


def _round(number: float, step: int) -> int:
    return max(step, step * round(number / step))
