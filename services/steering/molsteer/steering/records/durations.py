"""What a campaign's waiting is made of: the arithmetic, from moments to figures.

All times are seconds; moments count from the Unix epoch.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

LONGEST_IDLE_S = 60.0
"""A worker that did nothing for longer had nothing to do, or was stopped."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How long something took that happened several times.

    Attributes:
        count: How often it happened.
        median_s: Half of the times it took no longer.
        mean_s: How long it took on average.
        p95_s: Nineteen times of twenty it took no longer.
    """

    count: int
    median_s: float
    mean_s: float
    p95_s: float


class Work(NamedTuple):
    """A task on a worker process."""

    worker: str
    started_at: float
    reported_at: float


class SlotChange(NamedTuple):
    """From now on a topic has so many slots."""

    at: float
    slots: int


def distribution(durations_s: Sequence[float]) -> Distribution | None:
    """Sum up durations, None if there are none; quantiles are interpolated."""
    if not durations_s:
        return None
    median_s, p95_s = np.quantile(durations_s, (0.5, 0.95)).tolist()
    return Distribution(len(durations_s), median_s, float(np.mean(durations_s)), p95_s)


def decisions_s(settled_at: Iterable[float], dispatched_at: Iterable[float]) -> Iterator[float]:
    """Measure how long after each settling the next dispatch was, where there was one."""
    dispatches = sorted(dispatched_at)
    for settled in settled_at:
        following = bisect_left(dispatches, settled)
        if following < len(dispatches):
            yield dispatches[following] - settled


def idle_s(works: Iterable[Work], longest_s: float = LONGEST_IDLE_S) -> Iterator[float]:
    """Measure how long each worker did nothing between two of its tasks, unless too long."""
    free_since: dict[str, float] = {}
    for work in sorted(works, key=lambda work: work.started_at):
        gap_s = work.started_at - free_since.get(work.worker, float("-inf"))
        if 0.0 <= gap_s < longest_s:
            yield gap_s
        free_since[work.worker] = work.reported_at


def slot_time_s(slots: int, changes: Iterable[SlotChange], begin: float, end: float) -> float:
    """Add up the time that slots were there for, busy or not.

    Args:
        slots: How many there are at the beginning.
        changes: When there were more or fewer, in order.
        begin: When to begin.
        end: When to end.
    """
    total_s, since = 0.0, begin
    for at, following in changes:
        moment = min(max(at, begin), end)
        total_s += slots * (moment - since)
        slots, since = following, moment
    return total_s + slots * (end - since)
