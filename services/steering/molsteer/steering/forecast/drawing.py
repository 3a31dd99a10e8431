"""What is left to chance of durations, drawn many at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import numpy as np

from molsteer.steering.forecast.assumptions import Duration

_AT_ONCE = 1024
"""To draw a number by itself costs twenty times as much."""


class Durations:
    """How long the tasks of one kind take, one after the other.

    Args:
        duration: What is known of it.
        chance: Draws them, and nothing else: so the tasks of two campaigns take equally long,
            however these are steered.
    """

    def __init__(self, duration: Duration, chance: np.random.Generator) -> None:
        self._of, chance_of_first = duration, chance.spawn(1)[0]
        if duration.seen_s:
            self._drawn = _any_of(duration.seen_s, chance)
        else:
            self._drawn = _factors(duration.scatter, chance)
        self._first = _factors(duration.first_scatter, chance_of_first)

    def next_s(self, labels: int = 0) -> float:
        """Tell how long the next task takes, in seconds."""
        of, drawn = self._of, next(self._drawn)
        return drawn if of.seen_s else drawn * max(of.mean_s + of.per_label_s * labels, 0.0)

    def first_s(self) -> float:
        """Tell how much longer the first task of the next worker takes, in seconds."""
        return self._of.first_s * next(self._first)


def chances(chance: np.random.Generator) -> Iterator[float]:
    """Draw numbers from 0 to 1, for ever."""
    while True:
        yield from chance.random(_AT_ONCE).tolist()


def _any_of(seen_s: tuple[float, ...], chance: np.random.Generator) -> Iterator[float]:
    while True:
        yield from (seen_s[place] for place in chance.integers(len(seen_s), size=_AT_ONCE))


def _factors(scatter: float, chance: np.random.Generator) -> Iterator[float]:
    """Scatter around 1, which is the mean."""
    if not scatter:
        yield from repeat(1.0)
    while True:
        yield from np.exp(chance.normal(-(scatter**2) / 2, scatter, _AT_ONCE)).tolist()
