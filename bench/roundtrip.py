"""How long a task that does nothing takes from steering to a worker and back, beside Colmena.

    PYTHONPATH=tests python bench/roundtrip.py [--n 20] [--turns 3]

One task at a time, with an argument of 10 B, 1 MB or 20 MB, which the worker reads. Ours goes over
the bus, through the Redis store where it is large, and is settled and removed; the peer is Colmena
with a worker of Parsl, and ProxyStore with its Redis connector. Both use a Redis server with an
append-only file. Medians of each turn.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import click
from queue_servers import Server, server, worker
from side_by_side import PEERS, Comparison, by_turns, conclude, environment

from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.settings.sections import StoreSettings
from molsteer.shared.wire.blob import Inline, ObjRef, Placement
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.learning import Predict, Predicted
from molsteer.shared.wire.messages import Task
from molsteer.shared.wire.properties import Output

SIZES = {"10 B": 10, "1 MB": 1_000_000, "20 MB": 20_000_000}

Times = dict[int, float]
"""Median seconds of a round trip, by the size of its argument."""


def ours(rounds: int) -> Times:
    """Send tasks over our bus."""
    with tempfile.TemporaryDirectory() as temporary, server(Path(temporary)) as at:
        return _served(at, rounds)


def _served(at: Server, rounds: int) -> Times:
    bus, blobs = RedisDispatch(at.queue, "bench"), open_blobs(StoreSettings(), at.queue)
    placement = Placement(store="redis", namespace="bench")

    def trip(number: int, argument: bytes) -> float:
        began = time.perf_counter()
        blob = blobs.put(argument, "raw", placement)
        task = Task(
            campaign="bench",
            task_id=f"infer/{number}/0/1",
            issued_at=time.time(),
            max_s=60.0,
            body=Predict(
                generation=1,
                chunk=0,
                outputs=(Output(name=ADIABATIC_IP, level="xtb", unit="eV"),),
                graphs=blob,
                weights=Inline(codec="raw", data=b""),
            ),
        )
        bus.publish(task)
        (outcome,) = bus.collect(300.0)
        bus.settle([outcome.task_id])
        if isinstance(blob, ObjRef):
            blobs.evict([blob])
        assert isinstance(outcome.result, Predicted), outcome
        assert isinstance(outcome.result.predictions, Inline)
        assert outcome.result.predictions.data == str(len(argument)).encode()
        return time.perf_counter() - began

    with worker(at, "infer", "predictor", 2):
        trip(0, b"C")  # everything is loaded and connected
        found: Times = {}
        for place, size in enumerate(SIZES.values(), 1):
            trips = [trip(1000 * place + n, os.urandom(size)) for n in range(rounds + 1)]
            found[size] = median(trips[1:])
        return found


def peer(python: Path, rounds: int) -> Times:
    """Send as many through Colmena."""
    with tempfile.TemporaryDirectory() as temporary, server(Path(temporary)) as at:
        sizes = map(str, SIZES.values())
        arguments = [temporary, str(at.port), "roundtrip", str(rounds), *sizes]
        command = [str(python), str(PEERS / "colmena_peer.py"), *arguments]
        done = subprocess.run(
            command, env=at.environment, stdout=subprocess.PIPE, text=True, check=True
        )
    trips = defaultdict[int, list[float]](list)
    for line in done.stdout.splitlines():
        size, taken_s = line.split()
        trips[int(size)].append(float(taken_s))
    return {size: median(times) for size, times in trips.items()}


@click.command()
@click.option("--n", default=20, show_default=True, help="Round trips of each size in a turn.")
@click.option("--turns", default=3, show_default=True)
def bench(n: int, turns: int) -> None:
    """Send tasks there and back."""
    python = environment("colmena")
    mine: list[Times] = []
    theirs: list[Times] = []

    def measured(into: list[Times], times: Times) -> float:
        into.append(times)
        return 0.0

    by_turns(lambda: measured(mine, ours(n)), lambda: measured(theirs, peer(python, n)), turns)
    conclude(
        *(
            Comparison(
                "roundtrip",
                f"a task with {name}",
                [1000 * times[size] for times in mine],
                [1000 * times[size] for times in theirs],
                "ms",
                n,
            )
            for name, size in SIZES.items()
        )
    )


if __name__ == "__main__":
    bench()
