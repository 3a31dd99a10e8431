"""How many slots one steering keeps busy: `molsteer run` and workers that compute nothing.

    PYTHONPATH=tests python bench/feed.py [--n 1000 --lasting 1] [--seconds 30] [--buffer-s 0.5]

Real are steering with its ledger, and a Redis server with an append-only file; the slots are one
process that speaks the protocol of workers. What a slot's tasks last passes on the real clock. The
peer is the share that is wanted. The last lines tell how many slots the processor time of steering
would do for, had it a core for itself: computed from what a task cost it here, no more.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import psutil
from fake_workers import TICK_S, FakeWorkers
from queue_servers import Server, server
from side_by_side import Comparison, conclude
from support.synthetic_space import synthetic_space

FULL = 0.98
"""How much of a core steering may take, where the rest of it is for what comes at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """Slots, how long their tasks last at least and at most, and which share is to be busy."""

    slots: int
    lasting_s: tuple[float, float]
    wanted: float

    @property
    def mean_s(self) -> float:
        """How long a task lasts."""
        return sum(self.lasting_s) / 2

    def __str__(self) -> str:
        """Name it."""
        first, last = self.lasting_s
        lasting = f"{first:g} s" if first == last else f"{first:g} to {last:g} s"
        return f"{self.slots:,} slots, tasks of {lasting}"


ROWS = (
    Row(256, (5.0, 60.0), 99.0),
    Row(1024, (5.0, 60.0), 98.0),
    Row(4096, (5.0, 60.0), 97.0),
    Row(1000, (1.0, 1.0), 98.0),
    Row(8000, (10.0, 10.0), 98.0),
)


@dataclass(frozen=True, slots=True)
class Fed:
    """What came of it: share of the slots that was busy, and ms of processor for each task."""

    busy: float
    per_s: float
    steering_ms: float
    redis_ms: float
    workers_ms: float
    late_s: float


def fed(row: Row, seconds: float, buffer_s: float) -> Fed:
    """Feed the slots of a row."""
    per_s = row.slots / row.mean_s
    budget = int(3 * row.slots + per_s * (seconds + 60))
    with tempfile.TemporaryDirectory(prefix="molsteer-bench-") as temporary:
        folder = Path(temporary)
        space = synthetic_space(folder / "space", budget, budget).folder
        with server(folder) as at, steered(at, folder, space, row, budget, buffer_s) as steering:
            return watched(at, steering, row, seconds)


@contextmanager
def steered(
    at: Server, folder: Path, space: Path, row: Row, budget: int, buffer_s: float
) -> Iterator[psutil.Process]:
    """Run a campaign, and kill it at the end."""
    settings = {
        "CAMPAIGN__NAME": "bench",
        "CAMPAIGN__SPACE": str(space),
        "CAMPAIGN__RUN_DIR": str(folder / "run"),
        "CAMPAIGN__BUDGET": str(budget),
        "POLICY__FIRST_TRAINING_AFTER": str(10 * budget),
        "POLICY__BUFFER": str(max(16, round(buffer_s * row.slots / row.mean_s))),
        "SIMULATE__SLOTS": str(row.slots),
        "WORKERS__LOCAL": "false",
        "WORKERS__SERVER": "external",
    }
    variables = {f"MOLSTEER_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "molsteer.shared.cli", "run"]
    with subprocess.Popen(
        command, env=at.environment | variables, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()


def watched(at: Server, steering: psutil.Process, row: Row, seconds: float) -> Fed:
    """Work until the slots have been busy for a while, and tell how busy they were then."""
    assert at.process is not None
    workers = FakeWorkers(at.queue, row.slots, row.lasting_s)
    processes = (steering, at.process, psutil.Process())
    since_s = until_s = 0.0
    before = spent_s(*processes)
    latest_s = time.time() + 60 + 2 * row.mean_s
    while not until_s or time.time() < until_s:
        if not steering.is_running() or steering.status() == psutil.STATUS_ZOMBIE:
            sys.exit("The campaign ended too early; see above.")
        workers.tick()
        steady = workers.begun > row.slots * 1.5 or time.time() > latest_s
        if steady and not until_s:
            since_s, before = time.time(), spent_s(*processes)
            until_s, workers.latest_s = since_s + seconds, 0.0
        time.sleep(TICK_S)
    tasks = max(1, workers.ended_in(since_s, until_s))
    costs = [
        1e3 * (now - then) / tasks for now, then in zip(spent_s(*processes), before, strict=True)
    ]
    busy = 100 * workers.busy_share(since_s, until_s)
    return Fed(busy, tasks / seconds, *costs, late_s=workers.latest_s)


def spent_s(*processes: psutil.Process) -> list[float]:
    """Give the processor time of each so far."""
    return [times.user + times.system for times in (each.cpu_times() for each in processes)]


@click.command()
@click.option("--n", type=int, help="Slots of one row, instead of all rows.")
@click.option(
    "--lasting", default="1", show_default=True, help="Seconds of its tasks, as 5 or 5-60."
)
@click.option("--seconds", default=30.0, show_default=True, help="How long a row is watched.")
@click.option("--buffer-s", default=0.5, show_default=True, help="Seconds of work in the queue.")
def bench(n: int | None, lasting: str, seconds: float, buffer_s: float) -> None:
    """Measure the share of the slots that is busy."""
    first, _, last = lasting.partition("-")
    one = (float(first), float(last or first))
    rows = ROWS if n is None else (Row(n, one, 98.0),)
    found = list[tuple[Row, Fed]]()
    for row in rows:
        found.append((row, fed(row, seconds, buffer_s)))
        print(row, found[-1][1], flush=True)
    lines = [
        Comparison("feed", f"{row}: busy", [each.busy], [row.wanted], "%", row.slots, True)
        for row, each in found
    ]
    costs_ms = min(each.steering_ms for _, each in found)
    for row, wanted in ((Row(0, (1.0, 1.0), 0), 1000), (Row(0, (5.0, 60.0), 0), 65_536)):
        could = FULL * row.mean_s / (costs_ms / 1e3)
        what = f"slots by steering's processor time, tasks of {row.mean_s:g} s"
        lines.append(Comparison("feed", what, [could], [float(wanted)], "slots", 1, True))
    conclude(*lines)


if __name__ == "__main__":
    bench()
