"""What watching costs: the part of a task that does nothing which goes into figures and stages.

    python bench/metrics_cost.py [--tasks 1000]

A real worker does tasks that do nothing, through Redis; that is the processor time of a task. What
is done for those who watch is measured by itself: keeping stages and naming tasks in logs, sending
the stages, counting a task in steering's figures. What happens now and then, whatever the tasks, is
told as its share of the time of a core. All is processor time, so that others who use the machine
change little. Prints a table, and one JSON object as its last line; the bar is 1 % for each side.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from time import process_time, sleep, time

from policy_cost import PLAN

from molsteer.shared.bus.embedded_server import EmbeddedServer
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.bus.workers import live_workers
from molsteer.shared.host.usage import use_of
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.telemetry.logs import about
from molsteer.shared.telemetry.stages import keeping_stages, stage
from molsteer.shared.wire.blob import Inline
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.codec import decode_outcome, encode
from molsteer.shared.wire.messages import Outcome, Simulate, Simulated, Stage, Task
from molsteer.shared.wire.properties import Quantity
from molsteer.shared.wire.specs import Level
from molsteer.shared.worker.port import TaskContext
from molsteer.steering.ledger import tasks
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.metrics.instruments import Instruments
from molsteer.steering.metrics.occupancy import LOOK_EVERY_S, Occupancy
from molsteer.steering.metrics.reading import READ_EVERY_S, Reading
from molsteer.steering.policy.commands import DispatchSimulation
from molsteer.steering.policy.events import SimulationSucceeded
from molsteer.steering.policy.state import State

BAR = 0.01
STAGES = ("embedding", "neutral relaxation", "cation single point", "cation relaxation")
POOLS = {"simulate": "default", "train": "default", "infer": "default"}


def build() -> Callable[[Simulate, TaskContext], Simulated]:
    """Make the handler that does nothing."""
    return lambda body, _context: nothing(body.smiles)


def nothing(smiles: str) -> Simulated:
    """Give the result of doing nothing."""
    records = Inline(codec="raw", data=b"")
    values = {ADIABATIC_IP: Quantity(value=1.0, unit="eV")}
    return Simulated(smiles=smiles, values=values, engine="none", records=records)


def task(number: int) -> Task:
    """Ask for nothing."""
    body = Simulate(smiles="C", level=Level(), wanted={ADIABATIC_IP: "eV"})
    task_id = f"simulate/{number}/xtb/1"
    return Task(campaign="bench", task_id=task_id, issued_at=time(), max_s=60.0, body=body)


@contextmanager
def worker(queue: QueueSettings, folder: Path) -> Iterator[int]:
    """Run a worker of one process, and give its process id."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "molsteer.shared.cli", "worker", "simulate"),
            *("--processes", "1", "--handler", "metrics_cost:build", "--quiet"),
        ],
        env=os.environ
        | {
            "PYTHONPATH": str(Path(__file__).parent),
            "MOLSTEER_QUEUE__REDIS_URL": queue.redis_url,
            "TMPDIR": str(folder),
        },
    )
    try:
        while not live_workers(queue):
            assert process.poll() is None
            sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def task_s(queue: QueueSettings, worker_pid: int, count: int) -> float:
    """Measure a task that does nothing: the processor time of the worker and of whoever asks."""
    with closing(RedisDispatch(queue, "bench")) as bus:
        one_after_the_other(bus, range(10))  # everything is loaded now
        began, before = process_time(), use_of(worker_pid)
        one_after_the_other(bus, range(10, 10 + count))
        asked_s, after = process_time() - began, use_of(worker_pid)
    assert before
    assert after
    return (asked_s + after.cpu_s - before.cpu_s) / count


def one_after_the_other(bus: RedisDispatch, numbers: range) -> None:
    """Have tasks done and forgotten."""
    for number in numbers:
        bus.publish(task(number))
    left = len(numbers)
    while left:
        outcomes = bus.collect(5.0)
        left -= len(outcomes)
        bus.settle([outcome.task_id for outcome in outcomes])


def each_s(work: Callable[[], object], times: int) -> float:
    """Measure something small: the median of ten runs of many."""
    runs = []
    for _ in range(10):
        began = process_time()
        for _ in range(times):
            work()
        runs.append((process_time() - began) / times)
    return median(runs)


def mark() -> None:
    """Do for a task what is done in a worker for those who watch."""
    with about(campaign="bench", task_id="simulate/1/xtb/1"), keeping_stages() as stages:
        for name in STAGES:
            with stage(name):
                pass
    _ = stages.ended


def outcome(number: int, stages: tuple[Stage, ...] = ()) -> Outcome:
    """Report nothing."""
    now = time()
    return Outcome(
        campaign="bench",
        task_id=f"simulate/{number}/xtb/1",
        attempt=1,
        start=1,
        worker="host:1",
        started_at=now,
        ended_at=now,
        reported_at=now,
        cpu_s=0.001,
        stages=stages,
        result=nothing("C"),
    )


def wire_s() -> float:
    """Measure what stages add to the writing and reading of an outcome."""
    told = tuple(Stage(name=name, after_s=0.5, duration_s=1.25) for name in STAGES)
    with_stages, without = outcome(1, told), outcome(1)
    return each_s(lambda: decode_outcome(encode(with_stages)), 300) - each_s(
        lambda: decode_outcome(encode(without)), 300
    )


def reading_s(queue: QueueSettings, folder: Path, count: int) -> tuple[float, float]:
    """Measure steering's figures: for each task that ended, and for each reading."""
    with closing(Ledger(folder, create=True)) as ledger:
        with ledger.transaction():
            for number in range(count):
                command = DispatchSimulation(number, "xtb")
                tasks.order(ledger, command, time())
                tasks.dispatched(ledger, command.task_id, time(), 500)
                tasks.settle(ledger, outcome(number), None, time(), 0)
                ledger.append(SimulationSucceeded(time(), command.task_id, 1.0))
        reading = Reading(Instruments(), ledger, folder, queue, POOLS)  # type: ignore[arg-type]
        state, took_s = State.fresh(PLAN), list[float]()
        for turn in range(10):
            began = process_time()
            reading.read_when_due(state, turn * (READ_EVERY_S + 1.0))
            took_s.append(process_time() - began)
        assert reading.instruments.registry.get_sample_value(
            "molsteer_tasks_total", {"topic": "simulate", "outcome": "ok"}
        ) == float(count)
        standing_s = median(took_s[1:])
        return (took_s[0] - standing_s) / count, standing_s


def looking_s(queue: QueueSettings, folder: Path) -> float:
    """Measure a look at who is there."""
    with closing(Ledger(folder)) as ledger:
        occupancy, took_s = Occupancy(queue, POOLS, ledger), list[float]()  # type: ignore[arg-type]
        for turn in range(10):
            began = process_time()
            occupancy.look_when_due(turn * (LOOK_EVERY_S + 1.0))
            took_s.append(process_time() - began)
        return median(took_s)


def measured(count: int) -> Mapping[str, float]:
    """Measure everything."""
    with EmbeddedServer() as server, tempfile.TemporaryDirectory() as name:
        queue, folder = QueueSettings(redis_url=server.url), Path(name)
        with worker(queue, folder) as pid:
            whole_s = task_s(queue, pid, count)
            (folder / "run").mkdir()
            counted_s, standing_s = reading_s(queue, folder / "run", count)
            look_s = looking_s(queue, folder / "run")
    return {
        "task_us": 1e6 * whole_s,
        "stages_and_names_us": 1e6 * each_s(mark, 300),
        "stages_on_the_wire_us": 1e6 * wire_s(),
        "counting_us": 1e6 * counted_s,
        "measuring_a_worker_share": each_s(lambda: use_of(os.getpid()), 3) / 15.0,
        "reading_share": standing_s / READ_EVERY_S,
        "looking_share": look_s / LOOK_EVERY_S,
    }


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    found = measured(parser.parse_args().tasks)
    whole_us = found["task_us"]
    worker_share = found["stages_and_names_us"] / whole_us + found["measuring_a_worker_share"]
    steering_us = found["counting_us"] + found["stages_on_the_wire_us"]
    steering_share = steering_us / whole_us + found["reading_share"] + found["looking_share"]
    print(f"{'what':<34} {'each':>12} {'share of a task or of the time':>32}")
    for name, value in found.items():
        if name.endswith("_us"):
            print(f"{name[:-3].replace('_', ' '):<34} {value:>9.1f} us {value / whole_us:>31.2%}")
        else:
            print(f"{name[:-6].replace('_', ' '):<34} {'':>12} {value:>31.3%}")
    print(f"{'a worker, all together':<34} {'':>12} {worker_share:>31.2%}")
    print(f"{'steering, all together':<34} {'':>12} {steering_share:>31.2%}")
    shares = {"worker_share": worker_share, "steering_share": steering_share, "bar": BAR}
    print(json.dumps(dict(found) | shares))


if __name__ == "__main__":
    main()
