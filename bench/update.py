"""How soon an update has its first candidates, and the whole ranking; and steering's part of it.

    PYTHONPATH=tests python bench/update.py [--n 200000] [--updates 3]

A whole campaign: real steering, Redis, a trainer and an inferencer of one process each, with the
ensemble of graph networks over a space of `n` synthetic molecules in twenty chunks. Simulations do
nothing for a second. Times are the ledger's, from the label that an update waited for; the first
update, in which workers load what they need, is told alone. The peer is what is wanted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import click
import psutil
from queue_servers import Server, server, worker
from side_by_side import Comparison, conclude
from support.synthetic_space import synthetic_space

from molsteer.steering.errors import NoCampaign
from molsteer.steering.ledger.ledger import Ledger

CHUNKS, LABELS = 20, 32
FIRST_PART, OF_STEERING_S = 10.0, 1.0

_UPDATES = """
SELECT json_extract(command, '$.generation'),
    min(created_at) FILTER (WHERE topic = 'train'),
    min(created_at) FILTER (WHERE topic = 'infer'),
    min(settled_at) FILTER (WHERE topic = 'infer'),
    max(settled_at) FILTER (WHERE topic = 'infer')
FROM task WHERE topic IN ('train', 'infer') GROUP BY 1
HAVING count(*) FILTER (WHERE topic = 'infer' AND status = 'ok') = ? ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Update:
    """When something happened, in seconds of the Unix epoch.

    Attributes:
        generation: Of its models.
        begun: When the label was there that it waited for.
        trained: When its models were.
        first: When the first chunk was scored, whose candidates are used at once.
        last: When the last one was.
    """

    generation: int
    begun: float
    trained: float
    first: float
    last: float


def run(at: Server, space: Path, wanted: int) -> tuple[list[Update], float]:
    """Run a campaign until so many updates have ended; tell these, and steering's s for each."""
    settings = {
        "CAMPAIGN__NAME": "bench",
        "CAMPAIGN__SPACE": str(space),
        "CAMPAIGN__RUN_DIR": str(at.folder / "run"),
        "CAMPAIGN__BUDGET": str(100 * LABELS),
        "POLICY__FIRST_TRAINING_AFTER": str(LABELS),
        "POLICY__RETRAIN_AFTER": str(LABELS),
        "SIMULATE__SLOTS": "4",
        "STORES__INFER": "redis",
        "WORKERS__LOCAL": "false",
        "WORKERS__SERVER": "external",
    }
    variables = {f"MOLSTEER_{name}": value for name, value in settings.items()}
    with ExitStack() as stack:
        stack.enter_context(worker(at, "simulate", "sleeper", 4, BENCH_LASTING_S="1.0"))
        for topic in ("train", "infer"):
            stack.enter_context(worker(at, topic, None, 1))
        command = [sys.executable, "-m", "molsteer.shared.cli", "run"]
        steering = subprocess.Popen(
            command, env=at.environment | variables, stdout=subprocess.DEVNULL
        )
        stack.callback(steering.wait)
        stack.callback(steering.kill)
        first, spent_s = await_updates(at.folder / "run", 1, steering)
        found, spent_later_s = await_updates(at.folder / "run", wanted, steering)
        return found, (spent_later_s - spent_s) / (len(found) - len(first))


def await_updates(
    run_dir: Path, count: int, steering: subprocess.Popen[bytes]
) -> tuple[list[Update], float]:
    """Wait until so many updates have ended, and tell them and steering's processor time so far."""
    while steering.poll() is None:
        time.sleep(0.2)
        try:
            with closing(Ledger(run_dir, read_only=True)) as ledger:
                rows = ledger.connection.execute(_UPDATES, (CHUNKS,)).fetchall()
        except NoCampaign:
            continue
        if len(rows) >= count:
            times = psutil.Process(steering.pid).cpu_times()
            return [Update(*row) for row in rows], times.user + times.system
    sys.exit("The campaign ended too early; see above.")


@click.command()
@click.option("--n", default=200_000, show_default=True, help="Molecules of the space.")
@click.option(
    "--updates", type=click.IntRange(2), default=3, show_default=True, help="How many are watched."
)
def bench(n: int, updates: int) -> None:
    """Watch updates."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory(prefix="molsteer-bench-") as temporary:
        folder = Path(temporary)
        space = synthetic_space(folder / "space", n, n // CHUNKS).folder
        with server(folder) as at:
            found, steering_s = run(at, space, updates)
    for each in found:
        times = (each.trained, each.first, each.last)
        told = [f"{moment - each.begun:6.2f}" for moment in times]
        print(f"update {each.generation}: trained, first and last chunk after", *told, "s")
    first = [100 * (u.first - u.trained) / (u.last - u.trained) for u in found[1:]]
    conclude(
        Comparison(
            *("update", "first candidates, part of the scoring", first),
            *([FIRST_PART] * len(first), "%", n),
        ),
        Comparison(
            *("update", "steering's processor time of an update", [steering_s]),
            *([OF_STEERING_S], "s", n),
        ),
    )


if __name__ == "__main__":
    bench()
