"""Colmena with Parsl and ProxyStore, doing nothing: run by `throughput.py` and `roundtrip.py`.

    python bench/peers/colmena_peer.py FOLDER PORT throughput TASKS IN_FLIGHT
    python bench/peers/colmena_peer.py FOLDER PORT roundtrip ROUNDS BYTES...

Prints `mark` when a fifth and when nine tenths of the tasks have ended, or, for each size, the
seconds of each round trip.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from pathlib import Path

from colmena.queue.redis import RedisQueues
from colmena.task_server import ParslTaskServer
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from proxystore.connectors.redis import RedisConnector
from proxystore.store import Store, register_store

THRESHOLD_BYTES = 10_000
"""Larger arguments go through ProxyStore; ours has the same threshold."""


def no_op(argument: bytes) -> int:
    """Do nothing, with an argument that is there."""
    return len(argument)


def throughput(queues: RedisQueues, tasks: int, in_flight: int) -> None:
    """Keep so many tasks in flight until all have ended."""
    for _ in range(in_flight):
        queues.send_inputs(b"C", method="no_op")
    for ended in range(1, tasks + 1):
        result = queues.get_result(timeout=60)
        assert result is not None
        assert result.success, result
        if ended + in_flight <= tasks:
            queues.send_inputs(b"C", method="no_op")
        if ended in {tasks // 5, 9 * tasks // 10}:
            print("mark", flush=True)


def roundtrip(queues: RedisQueues, rounds: int, sizes: list[int]) -> None:
    """Send a task and wait for its result, so often for each size."""
    for size in sizes:
        for number in range(rounds + 1):
            argument = number.to_bytes(8, "big") + os.urandom(size - 8)
            began = time.perf_counter()
            queues.send_inputs(argument, method="no_op")
            result = queues.get_result(timeout=60)
            assert result is not None
            assert result.value == size, result
            if number:
                print(size, time.perf_counter() - began, flush=True)


def main() -> None:
    """Start a task server with two workers, and measure."""
    folder, port, what, count, *rest = sys.argv[1:]
    logging.disable(logging.INFO)
    # Parsl looks for the program of its workers there.
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    store = Store("bench", RedisConnector("127.0.0.1", int(port)), register=False)
    register_store(store)
    queues = RedisQueues(
        topics=["default"],
        hostname="127.0.0.1",
        port=int(port),
        proxystore_name="bench",
        proxystore_threshold=THRESHOLD_BYTES,
        keep_inputs=False,
    )
    executor = HighThroughputExecutor(
        label="here", max_workers_per_node=2, address="127.0.0.1", cores_per_worker=0.5
    )
    config = Config(executors=[executor], run_dir=folder)
    server = ParslTaskServer([no_op], queues, config, default_executors=["here"])
    server.start()
    try:
        queues.send_inputs(b"C", method="no_op")  # everything is loaded and connected
        assert queues.get_result(timeout=60) is not None
        if what == "throughput":
            throughput(queues, int(count), int(rest[0]))
        else:
            roundtrip(queues, int(count), [int(size) for size in rest])
    finally:
        queues.send_kill_signal()
        server.join(timeout=20)
        with contextlib.suppress(Exception):
            store.close()
        if server.is_alive():
            server.kill()


if __name__ == "__main__":
    main()
