"""When a worker whose batch job will end takes no more work, and when it lets go of what it has.

There is no clock in here: whoever asks brings the time.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

MARGIN_S = 15.0
"""Time that handing back and ending takes at most, with some to spare."""

JOB_END_VARIABLE = "SLURM_JOB_END_TIME"
"""Where newer Slurm tells a job its end, in seconds of the Unix epoch."""

_REMEMBERED = 100
_QUANTILE = 0.9

Advice = Literal["work", "finish", "leave"]
"""Take the next task, or only finish what runs, or hand everything back and end."""


@dataclass(frozen=True, slots=True)
class Walltime:
    """The time a worker has.

    Attributes:
        ends_at: When its batch job ends, in seconds of the Unix epoch.
        margin_s: How long before that the worker must have let go of its last task.
        expected_task_s: What a task takes, as long as experience does not say that it is more.
    """

    ends_at: float
    margin_s: float = MARGIN_S
    expected_task_s: float = 0.0

    def advice(self, now: float, expected_s: float, *, at_work: bool) -> Advice:
        """Tell what to do.

        Args:
            now: The time, in seconds of the Unix epoch.
            expected_s: How long the next task will probably take.
            at_work: Whether any task runs, or may be on its way here.
        """
        left_s = self.ends_at - self.margin_s - now
        if left_s <= 0:
            return "leave"
        if expected_s <= left_s:
            return "work"
        return "finish" if at_work else "leave"


@dataclass(slots=True)
class RunTimes:
    """How long the latest tasks of a worker took."""

    _limit_s: float = math.inf
    _seen_s: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def note(self, run_s: float, limit_s: float) -> None:
        """Remember a task that ended, and the hard limit that tasks have now."""
        self._seen_s.append(run_s)
        self._limit_s = limit_s

    def expected_s(self, at_least_s: float) -> float:
        """Tell what the next task will probably not exceed: nine of ten did not."""
        seen = sorted(self._seen_s)
        high = seen[math.ceil(_QUANTILE * len(seen)) - 1] if seen else 0.0
        return min(max(high, at_least_s), self._limit_s)
