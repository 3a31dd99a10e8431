"""A Redis server for a bench and its peer, and the processor time of whoever uses it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from support.redis_server import free_port
from support.waiting import eventually
from support.worker_process import queue_variables

from molsteer.shared.bus.connection import check_answer
from molsteer.shared.bus.embedded_server import find_server
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic

BENCH = Path(__file__).parent
TESTS = BENCH.parent / "tests"

MARK = "BENCH_FOLDER"
"""A variable by which everything is found that belongs to a measurement."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server with an append-only file, as Redis is set up to keep one: synced every second."""

    folder: Path
    port: int
    process: psutil.Process | None = None

    @property
    def queue(self) -> QueueSettings:
        """How our processes reach it."""
        return QueueSettings(redis_url=f"redis://127.0.0.1:{self.port}/0")

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process of this measurement has in its environment."""
        path = os.pathsep.join(map(str, (TESTS, BENCH)))
        return os.environ | queue_variables(self.queue) | {"PYTHONPATH": path, MARK: self._mark}

    def cpu_s(self) -> float:
        """Sum up the processor time of all processes of this measurement, so far."""
        ours = sum(map(_cpu_s, filter(self._is_ours, psutil.process_iter())))
        # Redis writes its title over its environment.
        return ours + (_cpu_s(self.process) if self.process else 0.0)

    @property
    def _mark(self) -> str:
        return str(self.folder)

    def _is_ours(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            return process.environ().get(MARK) == self._mark
        return False


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Run a server of its own for each measurement."""
    found = Server(folder, free_port())
    options = ("--port", str(found.port), "--appendonly", "yes", "--save", "")
    command = [find_server(), *options, "--dir", str(folder), "--bind", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=found.environment) as process:
        try:
            eventually(lambda: _answers(found.queue))
            yield replace(found, process=psutil.Process(process.pid))
        finally:
            process.kill()


@contextmanager
def worker(
    at: Server, topic: Topic, handler: str | None, processes: int, **variables: str
) -> Iterator[None]:
    """Run a worker of ours, with a handler of `no_op` or what its service does."""
    command = ["-m", "molsteer.shared.cli", "worker", topic]
    command += ["--handler", f"no_op:{handler}"] if handler else []
    options = ["--processes", str(processes), "--log-file", str(at.folder / f"{topic}.log")]
    environment = at.environment | variables
    with subprocess.Popen([sys.executable, *command, *options], env=environment) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _cpu_s(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _answers(queue: QueueSettings) -> bool:
    try:
        check_answer(queue.server_url)
    except ServiceUnavailable:
        return False
    return True
