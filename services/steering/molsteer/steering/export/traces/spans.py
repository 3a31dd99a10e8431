"""The spans that the path of a task is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from molsteer.steering.records.traces.paths import TaskPath

WORK = "work"
"""The span that a worker spends on a task, within which its stages lie."""


class Span(NamedTuple):
    """A part of a task's life; times are seconds of the Unix epoch.

    Attributes:
        depth: How many spans it lies within.
        at_worker: Whether the worker's clock tells when it was.
    """

    name: str
    begin: float
    end: float
    depth: int = 0
    at_worker: bool = False

    @property
    def duration_s(self) -> float:
        """How long it took."""
        return self.end - self.begin


_MOMENTS = (
    ("waiting to be sent", "created_at", "dispatched_at", False),
    ("queued", "dispatched_at", "started_at", False),
    (WORK, "started_at", "ended_at", True),
    ("storing and reporting", "ended_at", "reported_at", True),
    ("settling", "reported_at", "settled_at", False),
)


def spans(path: TaskPath) -> Iterator[Span]:
    """Give the spans of a task that have ended, in order; each stage follows what it lies within.

    Clocks of several machines differ: what would end before it began takes no time.
    """
    for name, begins, ends, at_worker in _MOMENTS:
        begin, end = getattr(path, begins), getattr(path, ends)
        if begin is None or end is None:
            continue
        yield Span(name, begin, max(begin, end), at_worker=at_worker)
        if name == WORK:
            yield from _stages(path, begin, max(begin, end))


def _stages(path: TaskPath, begin: float, end: float) -> Iterator[Span]:
    """Lay stages within the work, and those within others one deeper."""
    around = [end]
    for stage in path.stages:
        begins = min(begin + stage.after_s, end)
        while len(around) > 1 and around[-1] <= begins:
            around.pop()
        ends = min(begins + stage.duration_s, around[-1])
        yield Span(stage.name, begins, ends, len(around), at_worker=True)
        around.append(ends)
