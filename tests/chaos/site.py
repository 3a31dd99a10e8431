"""The place where a campaign happens: a server, a network, workers, steering, and their keeper.

All are the programs that users run. The keeper does what an operator or a batch system does: it
starts again what is gone, by the same command.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from chaos.services import JOURNAL_VARIABLE
from support.command import molsteer_in_background
from support.redis_server import TcpServer, tcp_server
from support.tcp_proxy import TcpProxy, tcp_proxy
from support.worker_process import WorkerProcess, launch_worker
from support.wrong_clock import WrongClock

from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic

HANDLERS: dict[Topic, str] = {"simulate": "simulator", "train": "trainer", "infer": "inferencer"}

CAMPAIGN = {
    "MOLSTEER_CAMPAIGN__NAME": "chaos",
    "MOLSTEER_LEVEL": json.dumps([{"name": "xtb"}, {"name": "dear", "method": "toy"}]),
    "MOLSTEER_POLICY__FIRST_TRAINING_AFTER": "50",
    "MOLSTEER_POLICY__RETRAIN_AFTER": "100",
    "MOLSTEER_POLICY__BUFFER": "28",
    "MOLSTEER_POLICY__SHORTLIST": "1000",
    "MOLSTEER_SIMULATE__SLOTS": "4",
    "MOLSTEER_TRAIN__MEMBERS": "4",
    "MOLSTEER_TRAIN__SLOTS": "4",
    "MOLSTEER_STORES__INFER_RESULTS": "redis",
    "MOLSTEER_STORES__THRESHOLD_BYTES": "300",
    "MOLSTEER_WORKERS__LOCAL": "false",
    "MOLSTEER_WORKERS__SERVER": "external",
}


@dataclass
class Post:
    """A place for a worker, who is replaced whenever it is gone.

    Attributes:
        folder: What the workers of this post leave behind.
        queue: How it reaches the queues.
        broken: Logs of workers that ended without having been told to.
    """

    folder: Path
    topic: Topic
    queue: QueueSettings
    processes: int
    clock: WrongClock
    variables: dict[str, str]
    worker: WorkerProcess | None = None
    broken: list[Path] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def is_manned(self) -> bool:
        return self.worker is not None and self.worker.process.poll() is None

    def man(self) -> None:
        """Start a worker, if there is none."""
        if self.is_manned:
            return
        if self.worker is not None and self._ended_by_itself(self.worker):
            self.broken.append(self.worker.log_file)
        self.worker = launch_worker(
            self.queue,
            self.folder,
            *("--processes", str(self.processes)),
            topic=self.topic,
            handler=f"chaos.services:{HANDLERS[self.topic]}",
            **(self.variables | self.clock.variables),
        )

    def _ended_by_itself(self, worker: WorkerProcess) -> bool:
        """Tell whether a worker broke that had begun; none begins, nor logs, without Redis."""
        log = worker.log_file
        return worker.process.returncode > 0 and log.exists() and log.stat().st_size > 0

    def processes_there(self) -> list[psutil.Process]:
        """List the worker's main process and its pool, without who cleans up behind them."""
        if self.worker is None or not self.is_manned:
            return []
        try:
            main = psutil.Process(self.worker.pid)
            children = main.children(recursive=True)
            return [main, *(child for child in children if os.getsid(child.pid) == main.pid)]
        except (psutil.NoSuchProcess, ProcessLookupError):
            return []


@dataclass
class Site:
    """Everything that can be broken.

    Attributes:
        forgot_at_s: When Redis lost something, on the monotonic clock.
        woke_at_s: When a process that had been stopped went on.
    """

    folder: Path
    server: TcpServer
    proxy: TcpProxy
    posts: list[Post]
    steering_clock: WrongClock
    environment: dict[str, str]
    steering: subprocess.Popen[bytes] | None = None
    steering_starts: int = 0
    forgot_at_s: list[float] = field(default_factory=list)
    woke_at_s: list[float] = field(default_factory=list)

    @property
    def run_dir(self) -> Path:
        return self.folder / "run"

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    @property
    def steering_output(self) -> Path:
        return self.folder / "steering.txt"

    def keep_running(self) -> None:
        """Start again what is gone, but for the server."""
        for post in self.posts:
            post.man()
        if self.steering is None or self.steering.poll() not in {None, 0}:
            self.steering_starts += 1
            self.steering = molsteer_in_background(
                "run", output=self.steering_output, **self.environment
            )

    def await_end_of_steering(self, most_s: float) -> None:
        """Wait for it, but not for long."""
        if self.steering is not None:
            with suppress(subprocess.TimeoutExpired):
                self.steering.wait(most_s)

    def note_forgetting(self) -> None:
        self.forgot_at_s.append(time.monotonic())

    def note_waking(self) -> None:
        self.woke_at_s.append(time.monotonic())

    def stop(self) -> None:
        """End every process, however it is."""
        running = [self.steering] if self.steering else []
        running += [post.worker.process for post in self.posts if post.worker]
        for process in running:
            process.kill()
            process.wait()


@contextmanager
def built(folder: Path, lease_s: float, settings: Mapping[str, str]) -> Iterator[Site]:
    """Put a server, a network and empty posts for workers and steering into a folder.

    Args:
        folder: Where everything of the site is.
        lease_s: How long leases last.
        settings: Settings of the campaign beyond those of every site, as variables.
    """
    with ExitStack() as stack:
        (folder / "redis").mkdir()
        server = stack.enter_context(tcp_server(folder / "redis"))
        proxy = stack.enter_context(tcp_proxy(server.port))
        near = QueueSettings(redis_url=server.url, lease_s=lease_s)
        far_url = server.url.replace(f":{server.port}/", f":{proxy.port}/")
        far = near.model_copy(update={"redis_url": far_url})
        shared = {
            JOURNAL_VARIABLE: str(folder / "journal"),
            "MOLSTEER_STORES__DIRECTORY": str(folder / "objects"),
        }
        clock = WrongClock(folder / "clock")
        site = Site(
            folder,
            server,
            proxy,
            posts=[
                _post(folder / "near", "simulate", near, 2, shared),
                _post(folder / "far", "simulate", far, 2, shared),
                _post(folder / "trainer", "train", near, 1, shared),
                _post(folder / "inferencer", "infer", far, 1, shared),
            ],
            steering_clock=clock,
            environment=CAMPAIGN
            | shared
            | clock.variables
            | settings
            | {
                "MOLSTEER_CAMPAIGN__RUN_DIR": str(folder / "run"),
                "MOLSTEER_QUEUE__REDIS_URL": near.redis_url,
                "MOLSTEER_QUEUE__LEASE_S": str(lease_s),
            },
        )
        stack.callback(site.stop)
        yield site


def _post(
    folder: Path, topic: Topic, queue: QueueSettings, processes: int, variables: dict[str, str]
) -> Post:
    folder.mkdir()
    return Post(folder, topic, queue, processes, WrongClock(folder / "clock"), variables)
