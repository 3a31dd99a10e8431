"""Puts several short tasks into one message, which costs little more than a message with one.

A packet lasts about as long as is wished, by how long the latest tasks of its level took. It never
keeps another process idle: there are always as many messages that each process has one to do and
one to come, and where fewer tasks are in flight than that takes, each has a message of its own.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from math import ceil
from statistics import fmean

from molsteer.shared.bus.port import Packet
from molsteer.shared.wire.messages import Outcome, Simulate, Task

SHORT_S = 0.5
"""Only tasks go into packets whose like have not taken longer lately."""

MOST_TASKS = 64
"""What a packet holds at most; what it saves grows no further."""

_REMEMBERED = 16


@dataclass
class RunTimes:
    """How long the latest simulations at each level took; forgotten when steering ends."""

    _seen_s: defaultdict[str, deque[float]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=_REMEMBERED))
    )

    def note(self, *outcomes: Outcome) -> None:
        """Remember tasks that ended."""
        for outcome in outcomes:
            topic, _, rest = outcome.task_id.partition("/")
            if topic == "simulate":
                level = rest.split("/")[1]
                self._seen_s[level].append(max(0.0, outcome.ended_at - outcome.started_at))

    def expected_s(self, level: str) -> float | None:
        """Tell how long the next one will take; None where that is not known, or not short."""
        seen = self._seen_s[level]
        if len(seen) < _REMEMBERED or max(seen) > SHORT_S:
            return None
        return fmean(seen)


def packet_size(expected_s: float | None, in_flight: int, slots: int, packet_s: float) -> int:
    """Tell how many tasks a message is to have.

    Args:
        expected_s: How long one takes; None if that is not known, or too long.
        in_flight: Tasks that are or will be with workers, or wait for them.
        slots: How many run at a time.
        packet_s: How long a packet is to last; 0 is none.
    """
    if expected_s is None or packet_s == 0:
        return 1
    lasting = packet_s / expected_s if expected_s * MOST_TASKS > packet_s else MOST_TASKS
    return max(1, min(int(lasting), in_flight // (2 * max(1, slots))))


def packed(tasks: Sequence[Task], size_at: Callable[[str], int]) -> list[Task | Packet]:
    """Group tasks into messages, in their order.

    Args:
        tasks: What is to be published.
        size_at: Gives how many simulations at a level a message is to have.
    """
    messages = list[Task | Packet]()
    for level, group in groupby(tasks, _level):
        alike = list(group)
        size = 1 if level is None else size_at(level)
        parts = ceil(len(alike) / size)
        bounds = [len(alike) * part // parts for part in range(parts + 1)]
        for first, last in pairwise(bounds):
            several = tuple(alike[first:last])
            messages.append(several if len(several) > 1 else several[0])
    return messages


def _level(task: Task) -> str | None:
    """Tell at which level a task is simulated, if it may be in a packet: what failed is alone."""
    if isinstance(task.body, Simulate) and task.attempt == 1:
        return task.body.level.name
    return None
