"""Real worker processes, started as a user starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.waiting import eventually

from molsteer.shared.bus.workers import live_workers
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic

TESTS = Path(__file__).parents[1]

NAMESPACE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
"""Runs a program that sees no processes but its own and is process 1, as in a container."""


@dataclass(frozen=True)
class WorkerProcess:
    """The main process of a worker."""

    process: subprocess.Popen[bytes]
    temporary: Path
    log_file: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_ready(self, queue: QueueSettings) -> bool:
        assert self.process.poll() is None, f"The worker ended: {self.log_file.read_text()}"
        return self.pid in {worker.pid for worker in live_workers(queue)}

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=240)

    def log(self) -> list[dict[str, object]]:
        whole, _, _ = self.log_file.read_text().rpartition("\n")  # the last may be half-written
        return [json.loads(line) for line in whole.splitlines()]

    def scratch_folders(self) -> list[Path]:
        return list(self.temporary.glob("molsteer-*/*/*"))


def queue_variables(queue: QueueSettings) -> dict[str, str]:
    """Give settings as users give them to a program."""
    values = queue.model_dump(mode="json", exclude_none=True)
    return {f"MOLSTEER_QUEUE__{name.upper()}": str(value) for name, value in values.items()}


def start_worker(
    queue: QueueSettings,
    folder: Path,
    *options: str,
    topic: Topic = "simulate",
    handler: str = "support.handlers:build",
    **variables: str,
) -> WorkerProcess:
    """Start a worker and wait until it is ready."""
    worker = launch_worker(queue, folder, *options, topic=topic, handler=handler, **variables)
    try:
        eventually(lambda: worker.is_ready(queue))
    except BaseException:
        worker.kill()
        raise
    return worker


def launch_worker(
    queue: QueueSettings,
    folder: Path,
    *options: str,
    topic: Topic = "simulate",
    handler: str = "support.handlers:build",
    through: Sequence[str] = (),
    **variables: str,
) -> WorkerProcess:
    """Start a worker, whatever becomes of it.

    Args:
        queue: Where its queues are.
        folder: Where its log and temporary folder are.
        options: Further ones of `molsteer worker`.
        topic: What it works on.
        handler: What does the work.
        through: A command that runs the worker.
        variables: Added to its environment.
    """
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    log_file = folder / f"worker-{len(list(folder.glob('worker-*')))}.log"
    log_file.touch()  # so that the next one, at the same time, has another
    arguments = ["worker", topic, "--handler", handler, "--processes", "1", "--log-level", "info"]
    process = subprocess.Popen(
        [
            *through,
            *(sys.executable, "-m", "molsteer.shared.cli"),
            *arguments,
            *("--log-file", log_file),
            *options,
        ],
        env=os.environ
        | queue_variables(queue)
        | {"PYTHONPATH": str(TESTS), "TMPDIR": str(temporary)}
        | variables,
        start_new_session=True,
    )
    return WorkerProcess(process, temporary, log_file)


@contextmanager
def running_worker(
    queue: QueueSettings,
    folder: Path,
    *options: str,
    topic: Topic = "simulate",
    handler: str = "support.handlers:build",
    **variables: str,
) -> Iterator[WorkerProcess]:
    """Run a worker for a while; its children die with it."""
    worker = start_worker(queue, folder, *options, topic=topic, handler=handler, **variables)
    try:
        yield worker
    finally:
        worker.kill()


@contextmanager
def contained_worker(queue: QueueSettings, folder: Path) -> Iterator[None]:
    """Run a worker among processes of its own until it is ready, and a while longer."""
    if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("No process namespace can be made here.")
    before = len(live_workers(queue))
    worker = launch_worker(queue, folder, through=NAMESPACE)
    try:
        eventually(lambda: len(live_workers(queue)) > before)
        yield
    finally:
        worker.kill()


def await_end(pids: Iterable[int]) -> None:
    """Wait until processes are gone, however they ended."""
    eventually(lambda: not any(_is_running(pid) for pid in pids))


def _is_running(pid: int) -> bool:
    """Tell whether a process is there and not merely waiting to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def started(folder: Path) -> list[list[int]]:
    """Give the processes that the handler `mark` or `suicide` wrote down, for each start."""
    notes = sorted(path for path in folder.glob("started-*") if path.suffix != ".part")
    return [[int(pid) for pid in note.read_text().split()] for note in notes]


def kill(pid: int) -> None:
    """End a process at once."""
    os.kill(pid, signal.SIGKILL)
