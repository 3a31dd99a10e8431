"""How many tasks that do nothing a whole campaign settles in a second, beside Colmena.

    PYTHONPATH=tests python bench/throughput.py [--n 2000] [--turns 3] [--alone]

Ours is `molsteer run` with its ledger and a worker of two processes; the peer is Colmena with two
workers of Parsl, and ProxyStore for what is large. Both keep 32 tasks in flight and use a Redis
server with an append-only file. Ours does it twice: with several tasks in a message, and with one.
Rates are of the middle of each turn, without what starts and ends it; the processor time is of all
processes, Redis included.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click
from queue_servers import Server, server, worker
from side_by_side import PEERS, Comparison, conclude, environment
from support.synthetic_space import synthetic_space

from molsteer.steering.errors import NoCampaign
from molsteer.steering.ledger.ledger import Ledger

IN_FLIGHT, PROCESSES = 32, 2


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn took between its marks."""

    per_s: float
    cpu_ms: float


class Marks:
    """Notes time and processor time when a part of the tasks has ended."""

    def __init__(self, at: Server, tasks: int) -> None:
        self._at, self._between = at, 9 * tasks // 10 - tasks // 5
        self._seen: list[tuple[float, float]] = []

    def note(self, correction: int = 0) -> None:
        """Note one of the two; some more tasks may have ended than should have."""
        self._between += correction
        self._seen.append((time.perf_counter(), self._at.cpu_s()))

    def turn(self) -> Turn:
        """Tell what was between them."""
        (began_s, cpu_before_s), (ended_s, cpu_s) = self._seen
        return Turn(
            self._between / (ended_s - began_s), 1000 * (cpu_s - cpu_before_s) / self._between
        )


def ours(space: Path, tasks: int, packet_s: float = 1.0) -> Turn:
    """Run a campaign."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with server(folder) as at, worker(at, "simulate", "simulator", PROCESSES):
            command = [sys.executable, "-m", "molsteer.shared.cli", "run"]
            run_dir = folder / "run"
            settings = {
                "CAMPAIGN__NAME": "bench",
                "CAMPAIGN__SPACE": str(space),
                "CAMPAIGN__RUN_DIR": str(run_dir),
                "CAMPAIGN__BUDGET": str(tasks),
                "POLICY__FIRST_TRAINING_AFTER": str(10 * tasks),
                "POLICY__BUFFER": str(IN_FLIGHT - PROCESSES),
                "QUEUE__PACKET_S": str(packet_s),
                "SIMULATE__SLOTS": str(PROCESSES),
                "WORKERS__LOCAL": "false",
                "WORKERS__SERVER": "external",
            }
            variables = {f"MOLSTEER_{name}": value for name, value in settings.items()}
            steering = subprocess.Popen(
                command, env=at.environment | variables, stdout=subprocess.DEVNULL
            )
            marks = Marks(at, tasks)
            for part in (tasks // 5, 9 * tasks // 10):
                surplus = await_settled(run_dir, part, steering) - part
                marks.note(surplus if part > tasks // 2 else -surplus)
            assert steering.wait() == 0, "The campaign failed; see above."
            return marks.turn()


def await_settled(run_dir: Path, count: int, steering: subprocess.Popen[bytes]) -> int:
    """Wait until so many tasks have ended, and tell how many have."""
    while steering.poll() is None:
        try:
            with closing(Ledger(run_dir, read_only=True)) as ledger:
                query = "SELECT ifnull(max(number), 0) FROM result"
                while steering.poll() is None:
                    (settled,) = ledger.connection.execute(query).fetchone()
                    if settled >= count:
                        return int(settled)
                    time.sleep(0.02)
        except NoCampaign:
            time.sleep(0.1)
    sys.exit("The campaign ended too early; see above.")


def peer(python: Path, tasks: int) -> Turn:
    """Let Colmena do as many."""
    with tempfile.TemporaryDirectory() as temporary, server(Path(temporary)) as at:
        arguments = [temporary, str(at.port), "throughput", str(tasks), str(IN_FLIGHT)]
        marks = Marks(at, tasks)
        with subprocess.Popen(
            [str(python), str(PEERS / "colmena_peer.py"), *arguments],
            env=at.environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip() == "mark":
                    marks.note()
            assert process.wait() == 0, "Colmena failed; see above."
        return marks.turn()


@click.command()
@click.option("--n", default=2000, show_default=True, help="Tasks in a turn.")
@click.option("--turns", default=3, show_default=True)
@click.option("--alone", is_flag=True, help="Measure ours alone, and keep nothing.")
def bench(n: int, turns: int, alone: bool) -> None:
    """Do tasks that do nothing."""
    mine: list[Turn] = []
    single: list[Turn] = []
    theirs: list[Turn] = []

    with tempfile.TemporaryDirectory() as temporary:
        space = synthetic_space(Path(temporary) / "space", 2 * n, 2 * n).folder
        if alone:
            for _ in range(turns):
                print(ours(space, n))
            return
        python = environment("colmena")
        for _ in range(turns):
            mine.append(ours(space, n))
            single.append(ours(space, n, packet_s=0.0))
            theirs.append(peer(python, n))
    conclude(*_compared(n, "", mine, theirs), *_compared(n, ", one in a message", single, theirs))


def _compared(
    n: int, how: str, mine: list[Turn], theirs: list[Turn]
) -> tuple[Comparison, Comparison]:
    rates = [turn.per_s for turn in mine], [turn.per_s for turn in theirs]
    cpu = [turn.cpu_ms for turn in mine], [turn.cpu_ms for turn in theirs]
    what = f"tasks through a whole campaign{how}"
    return (
        Comparison("throughput", what, *rates, "tasks/s", n, larger_is_better=True),
        Comparison("throughput", f"processor time of a task{how}", *cpu, "ms", n),
    )


if __name__ == "__main__":
    bench()
