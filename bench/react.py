"""How soon a worker has its next task, while tasks wait in the queue.

    PYTHONPATH=tests python bench/react.py [--n 200] [--processes 2] [--lasting 0.05 --size 1]

The worker is real, and so is the server, which appends to a file; its tasks sleep. What counts is
the time from the end of a task to the begin of the next one in the same process, as the outcomes
tell; tasks at the begin, which the worker does not know to be short yet, are left out. The peer is
the gap that is wanted.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

import click
from queue_servers import server, worker
from side_by_side import Comparison, conclude
from support.tasks import simulate_task

from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.wire.messages import Outcome

MEDIAN_MS, P95_MS = 2.0, 5.0
"""What is wanted."""

LEFT_OUT = 20
"""Tasks of each process at the begin."""


@dataclass(frozen=True, slots=True)
class Row:
    """Tasks that last so long, so many of them in a message."""

    lasting_s: float
    size: int

    def __str__(self) -> str:
        """Name it."""
        how = "one" if self.size == 1 else f"{self.size}"
        return f"tasks of {self.lasting_s:g} s, {how} in a message"


ROWS = (Row(0.05, 1), Row(0.05, 8), Row(0.5, 1))


@dataclass(frozen=True, slots=True)
class Gaps:
    """How long a process was idle between two tasks, and its busy share in per cent."""

    median_ms: float
    p95_ms: float
    busy: float


def gaps(row: Row, count: int, processes: int) -> Gaps:
    """Let a worker do tasks, all of which wait in the queue from the begin."""
    lasting = {"BENCH_LASTING_S": str(row.lasting_s)}
    tasks = [simulate_task(number=number) for number in range(count)]
    packets = [tuple(tasks[first : first + row.size]) for first in range(0, count, row.size)]
    messages = tasks if row.size == 1 else packets
    with (
        tempfile.TemporaryDirectory() as temporary,
        server(Path(temporary)) as at,
        closing(RedisDispatch(at.queue, "campaign")) as bus,
        worker(at, "simulate", "sleeper", processes, **lasting),
    ):
        bus.publish(*messages)
        return told(list(ended(bus, count)))


def ended(bus: RedisDispatch, count: int) -> Iterator[Outcome]:
    """Collect so many outcomes."""
    latest_s = time.monotonic() + 600
    while count and time.monotonic() < latest_s:
        outcomes = bus.collect(1.0)
        bus.settle([outcome.task_id for outcome in outcomes])
        count -= len(outcomes)
        yield from outcomes


def told(outcomes: list[Outcome]) -> Gaps:
    """Tell what was between tasks."""
    by_process = defaultdict[str, list[Outcome]](list)
    for outcome in sorted(outcomes, key=lambda each: each.started_at):
        by_process[outcome.worker].append(outcome)
    idle_s, busy_s = list[float](), 0.0
    for those in by_process.values():
        steady = those[LEFT_OUT:]
        idle_s += [after.started_at - before.ended_at for before, after in pairwise(steady)]
        busy_s += sum(each.ended_at - each.started_at for each in steady[:-1])
    twentieths = quantiles(idle_s, n=20)
    busy = 100 * busy_s / (busy_s + sum(idle_s))
    return Gaps(1e3 * median(idle_s), 1e3 * twentieths[-1], busy)


@click.command()
@click.option("--n", default=240, show_default=True, help="Tasks in a row.")
@click.option("--processes", default=2, show_default=True, help="Of the worker.")
@click.option("--lasting", type=float, help="Seconds of a task in the only row, instead of all.")
@click.option("--size", default=1, show_default=True, help="Tasks in a message of that row.")
def bench(n: int, processes: int, lasting: float | None, size: int) -> None:
    """Measure how long processes wait for work that is there."""
    rows = ROWS if lasting is None else (Row(lasting, size),)
    lines = list[Comparison]()
    for row in rows:
        found = gaps(row, n, processes)
        print(row, found, flush=True)
        measured = (
            ("median", found.median_ms, MEDIAN_MS),
            ("95th percentile", found.p95_ms, P95_MS),
        )
        lines += [
            Comparison("react", f"idle between {row}: {what}", [ours], [wanted], "ms", n)
            for what, ours, wanted in measured
        ]
        busy = f"busy while there is work, {row}"
        lines.append(Comparison("react", busy, [found.busy], [99.0], "%", n, True))
    conclude(*lines)


if __name__ == "__main__":
    bench()
