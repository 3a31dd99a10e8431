"""Runs the services of a campaign on this machine, each as processes of its own."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

from molsteer.shared.telemetry.rotation import MOST_BYTES, put_aside
from molsteer.shared.wire.topics import DEFAULT_POOL, Topic
from molsteer.steering.errors import WorkersKeepDying
from molsteer.steering.settings.campaign import CampaignSettings

log = logging.getLogger(__name__)

_OURS = ("MOLSTEER_QUEUE__", "MOLSTEER_STORES__")
"""How the variables begin that workers read their settings from."""

_ITEM = "  - "
"""How each line begins of what a sentence lists that ends with a colon."""

STARTS_ALLOWED = 4
STARTS_WINDOW_S = 60.0
STOP_WITHIN_S = 10.0


@dataclass
class LocalWorker:
    """One worker of a topic, started again when it ends unasked.

    Attributes:
        topic: What it works on.
        processes: Tasks that it can do at once.
        arguments: The rest of the `molsteer worker` command.
        log_file: Where its standard error goes.
    """

    topic: Topic
    processes: int
    arguments: tuple[str, ...]
    environment: dict[str, str]
    log_file: Path
    _process: subprocess.Popen[bytes] | None = None
    _started_at: deque[float] = field(default_factory=deque)

    def keep_running(self) -> None:
        """Start the worker if it does not run.

        Raises:
            WorkersKeepDying: If it has ended too often within a short time.
        """
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                return
            log.warning(
                "The %s worker ended with status %s; starting it again.", self.topic, status
            )
            self._give_up_after_many(status)
        self._started_at.append(time.monotonic())
        with _opened(self.log_file) as errors:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "molsteer.shared.cli",
                    "worker",
                    self.topic,
                    *("--processes", str(self.processes)),
                    *self.arguments,
                ],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )

    def stop(self, deadline: float) -> None:
        """End the worker, gently at first, by a moment of the monotonic clock."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def ask_to_stop(self) -> None:
        """Tell the worker to hand its task back and end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _give_up_after_many(self, status: int) -> None:
        horizon = time.monotonic() - STARTS_WINDOW_S
        while self._started_at and self._started_at[0] < horizon:
            self._started_at.popleft()
        if len(self._started_at) >= STARTS_ALLOWED:
            raise WorkersKeepDying(
                self.topic, len(self._started_at), status, self.log_file, last_words(self.log_file)
            )


@dataclass
class LocalSite:
    """All workers of a campaign on this machine.

    Attributes:
        environment: The workers' settings, among the rest.
        logs: Folder of their logs.
        topics: What they work on; other topics have their workers elsewhere.
        handlers: What does the work instead of the installed service, for some of the topics.
    """

    environment: dict[str, str]
    logs: Path
    topics: Sequence[Topic]
    handlers: Mapping[Topic, str]
    workers: list[LocalWorker] = field(default_factory=list)

    @property
    def begun(self) -> frozenset[Topic]:
        """Topics for which workers were asked for."""
        return frozenset(worker.topic for worker in self.workers)

    def provide(self, slots: Mapping[Topic, int], *, simulations_left: int) -> None:  # noqa: ARG002
        """Plan as many processes as there are slots; what is too many stays, and waits."""
        for topic in self.topics:
            there = sum(worker.processes for worker in self.workers if worker.topic == topic)
            if slots[topic] > there:
                self.workers.append(self._worker(topic, slots[topic] - there))

    def keep_running(self) -> None:
        """Start whatever does not run.

        Raises:
            WorkersKeepDying: If a worker has ended too often within a short time.
        """
        for worker in self.workers:
            worker.keep_running()

    def stop(self) -> None:
        """End all workers, and wait until they have ended."""
        for worker in self.workers:
            worker.ask_to_stop()
        deadline = time.monotonic() + STOP_WITHIN_S
        for worker in self.workers:
            worker.stop(deadline)

    def _worker(self, topic: Topic, processes: int) -> LocalWorker:
        arguments = ["--die-with-parent", str(os.getpid())]
        arguments += ["--log-file", str(self.logs / f"{topic}.jsonl")]
        if topic in self.handlers:
            arguments += ["--handler", self.handlers[topic]]
        return LocalWorker(
            topic=topic,
            processes=processes,
            arguments=tuple(arguments),
            environment=self.environment,
            log_file=self.logs / f"{topic}.err",
        )


def local_site(settings: CampaignSettings, folder: Path) -> LocalSite:
    """Prepare the workers of a campaign's default pools on this machine; none is started yet.

    Args:
        settings: The campaign's, with the server of its queues.
        folder: The run directory; logs go below it.
    """
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    served = [topic for topic, pool in settings.pools.items() if pool == DEFAULT_POOL]
    # A password that is not that of this run's own server, say, must not reach the workers.
    inherited = {k: value for k, value in os.environ.items() if not k.upper().startswith(_OURS)}
    environment = inherited | _environment(settings)
    return LocalSite(environment, logs, served, settings.handlers)


def _environment(settings: CampaignSettings) -> dict[str, str]:
    """Give the workers' settings; the environment keeps the password out of process titles."""
    queue = settings.queue.model_dump(mode="json", exclude_none=True)
    stores = settings.stores.model_dump(mode="json", exclude_none=True)
    return {
        f"MOLSTEER_{section}__{key}".upper(): str(value)
        for section, values in (("queue", queue), ("stores", stores))
        for key, value in values.items()
    }


def _opened(log_file: Path) -> BinaryIO:
    """Open a log to add to; where that cannot be, what a worker says is lost, and nothing else."""
    try:
        if log_file.exists() and log_file.stat().st_size >= MOST_BYTES:
            put_aside(log_file)
        return log_file.open("ab")
    except OSError as error:
        log.warning("What workers say is lost: %s cannot be written (%s).", log_file, error)
        return Path(os.devnull).open("ab")


def last_words(errors: Path) -> str:
    """Give what a worker said last, to standard error, or to its log if it was silent there."""
    for path in (errors, errors.with_suffix(".jsonl")):
        if lines := _lines(path):
            items = [*takewhile(lambda line: line.startswith(_ITEM), reversed(lines))]
            rest = lines[: len(lines) - len(items)]
            said = [_message(line) for line in rest[-1:]]
            return " ".join([*said, *(item.removeprefix(_ITEM) for item in reversed(items))])
    return ""


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").strip().splitlines()
    except OSError:
        return []


def _message(line: str) -> str:
    try:
        return str(json.loads(line)["message"])
    except (ValueError, KeyError, TypeError):
        return line.removeprefix("molsteer: ").removesuffix(".")
