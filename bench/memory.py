"""What steering holds of a large space, and a simulator after its first task and after many.

    PYTHONPATH=tests python bench/memory.py [--space-size 1940000] [--n 10000]

Steering opens a space as large as MOSES in a process of its own. A simulator is a real worker of
one process, whose tasks do nothing, and one that computes molecules of `moses.smi` with xTB, each
for a hundredth of the tasks. Its two processes, the main one and the one that works, are told at
each tenth of the tasks: resident memory, what is their own alone, and the sum without doubles.
`bench/steering_memory.py` plays a whole campaign.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import click
import psutil
from queue_servers import BENCH, Server, server, worker
from steering_memory import memory_mb, opened, steering
from support.synthetic_space import synthetic_space
from support.tasks import simulate_task
from support.waiting import eventually

from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.wire.catalogue import VERTICAL
from molsteer.shared.wire.messages import Simulate, Simulated, Task
from molsteer.shared.wire.specs import Level, SimulationSpec

AT_ONCE = 100
RESULTS, RETRAIN_AFTER = 100, 50


def of_steering(folder: Path) -> Iterator[dict[str, object]]:
    """Begin a campaign on a space, in this process."""
    yield {"stage": "imported"} | memory_mb()
    begun_s = time.perf_counter()
    toy = opened(folder, RESULTS, RETRAIN_AFTER)
    opened_s = round(time.perf_counter() - begun_s, 2)
    yield {"stage": "space opened", "opened_s": opened_s} | memory_mb()
    campaign = steering(toy)
    while campaign.state.successes < RESULTS:
        campaign.step(0.0)
        toy.work()
    campaign.ledger.close()
    yield {"stage": f"{RESULTS} results and an update"} | memory_mb()


def no_op(number: int) -> Task:
    """Make a task that does nothing."""
    return simulate_task(number=number)


def vertical(number: int) -> Task:
    """Make a task of xTB, at the geometry of a force field."""
    smiles = (BENCH / "moses.smi").read_text().split()
    return Task(
        campaign="campaign",
        task_id=f"simulate/{number}/xtb/1",
        issued_at=time.time(),
        max_s=600.0,
        body=Simulate(
            smiles=smiles[number % len(smiles)],
            level=Level(name="xtb", spec=SimulationSpec(method=VERTICAL)),
            wanted={"vertical_ionization_potential": "eV"},
        ),
    )


def of_a_simulator(
    at: Server, tasks: int, handler: str | None, make: Callable[[int], Task]
) -> Iterator[dict[str, object]]:
    """Let one worker do tasks, and tell what each of its processes holds."""
    with (
        worker(at, "simulate", handler, 1),
        closing(RedisDispatch(at.queue, "campaign")) as bus,
    ):
        stages = {1, *(tasks * tenth // 10 for tenth in range(1, 11))}
        done = 0
        for stage in sorted(stages):
            while done < stage:
                some = range(done, min(done + AT_ONCE, stage))
                bus.publish(*map(make, some))
                _settle(bus, len(some))
                done += len(some)
            yield {"stage": f"simulator after {done} tasks"} | _held_mb()


def _settle(bus: RedisDispatch, count: int) -> None:
    def all_there() -> bool:
        nonlocal count
        outcomes = bus.collect(1.0)
        for outcome in outcomes:
            assert isinstance(outcome.result, Simulated), outcome
        bus.settle([outcome.task_id for outcome in outcomes])
        count -= len(outcomes)
        return count <= 0

    eventually(all_there, 120.0)


def _held_mb() -> dict[str, object]:
    """Tell the resident memory of each process of the worker, which began here, and their own."""
    found = psutil.Process().children(recursive=True)
    workers = [each for each in found if "worker" in each.cmdline()]
    full = [each.memory_full_info() for each in workers]
    return {
        "resident": [round(each.rss / 2**20, 1) for each in full],
        "own": [round(each.uss / 2**20, 1) for each in full],
        "shared out": sum(each.pss for each in full) // 2**20,
    }


@click.command()
@click.option("--space-size", default=1_940_000, show_default=True)
@click.option("--n", default=10_000, show_default=True, help="Tasks in a row of the simulator.")
@click.option("--chunk-size", default=50_000, show_default=True)
@click.option("--opening", type=click.Path(path_type=Path), hidden=True)
def bench(space_size: int, n: int, chunk_size: int, opening: Path | None) -> None:
    """Print what is held at each stage, in MB."""
    if opening:
        for line in of_steering(opening):
            print(json.dumps(line), flush=True)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        synthetic_space(folder / "space", space_size, chunk_size)
        subprocess.run([sys.executable, __file__, "--opening", folder], check=True)
    simulators = {"no-op": (n, "simulator", no_op), VERTICAL: (n // 100, None, vertical)}
    for name, (tasks, handler, make) in simulators.items():
        with tempfile.TemporaryDirectory() as temporary, server(Path(temporary)) as at:
            for line in of_a_simulator(at, tasks, handler, make):
                print(json.dumps({"tasks": name} | line), flush=True)


if __name__ == "__main__":
    bench()
