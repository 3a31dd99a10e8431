"""A campaign whose steering, workers and server are processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
import redis
from support.toy_services import executions, toy_value
from support.waiting import eventually
from support.worker_process import TESTS, WorkerProcess, queue_variables, running_worker

from molsteer.shared.bus.connection import connect
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.topics import Topic
from molsteer.steering.errors import NoCampaign
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.verification.verify import verify

HANDLERS: dict[Topic, str] = {"simulate": "simulator", "train": "trainer", "infer": "inferencer"}


@dataclass
class ExternalCampaign:
    """Simulations only, unless the settings ask for updates.

    Attributes:
        climb: How many molecules are simulated at a second level as well.
        through: A command that runs steering.
    """

    folder: Path
    queue: QueueSettings
    space: Path
    budget: int = 24
    climb: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    through: tuple[str, ...] = ()

    @property
    def run_dir(self) -> Path:
        return self.folder / "run"

    @property
    def log(self) -> str:
        """What steering has said so far."""
        file = self.folder / "steering.log"
        return file.read_text() if file.exists() else ""

    @property
    def executions(self) -> int:
        """How many simulations have begun."""
        return executions(self.folder).total()

    def one_at_a_time(self) -> None:
        """Let steering keep a single simulation in flight."""
        self.settings |= {"MOLSTEER_SIMULATE__SLOTS": "1", "MOLSTEER_POLICY__BUFFER": "0"}

    def with_updates(self) -> None:
        """Train after every eight labels, and let simulations wait for it."""
        self.settings |= {
            "MOLSTEER_POLICY__FIRST_TRAINING_AFTER": "8",
            "MOLSTEER_POLICY__RETRAIN_AFTER": "8",
            "MOLSTEER_POLICY__DURING_UPDATE": "pause",
        }

    def with_levels(self) -> None:
        """Let a quarter climb to a second level, and look for two properties of it."""
        levels = [{"name": "xtb"}, {"name": "dear", "method": "toy", "share": 0.25}]
        letters = {"property": "letters", "unit": "1", "goal": "minimise", "hit_below": 4.6}
        objectives = [{"property": ADIABATIC_IP, "hit_above": 14.0}, letters]
        self.settings |= {
            "MOLSTEER_LEVEL": json.dumps(levels),
            "MOLSTEER_OBJECTIVE": json.dumps(objectives),
        }
        self.climb = self.budget // 4

    def with_early_predictions(self) -> None:
        """Update, and let the first models that are trained predict chunks meanwhile."""
        self.with_updates()
        self.settings |= {"MOLSTEER_POLICY__INFERENCE": "model", "MOLSTEER_TRAIN__SLOTS": "2"}

    def hold_training(self) -> None:
        """Let all trainings begin, and none but the first of an update end."""
        (self.folder / "hold-training").touch()

    def release_training(self) -> None:
        (self.folder / "hold-training").unlink()

    def hold(self, after: int = 0) -> None:
        """Let simulations begin, and none end but the first ones of a worker with one process."""
        draft = self.folder / "hold.part"
        draft.write_text(str(after))
        draft.rename(self.folder / "hold")

    def release(self) -> None:
        (self.folder / "hold").unlink()

    def worker(
        self,
        *options: str,
        topic: Topic = "simulate",
        handler: str | None = None,
        queue: QueueSettings | None = None,
        **variables: str,
    ) -> AbstractContextManager[WorkerProcess]:
        """Run a worker that this test can watch."""
        return running_worker(
            queue or self.queue,
            self.folder,
            *options,
            topic=topic,
            handler=f"support.toy_services:{handler or HANDLERS[topic]}",
            TOY_FOLDER=str(self.folder),
            **variables,
        )

    def start(self, failpoint: str = "") -> subprocess.Popen[bytes]:
        """Start steering."""
        with (self.folder / "steering.log").open("ab") as log:
            return subprocess.Popen(
                [*self.through, sys.executable, "-m", "support.steering_process"],
                env=os.environ | self._environment() | {"MOLSTEER_FAILPOINT": failpoint},
                stdout=log,
                stderr=log,
            )

    @contextmanager
    def steered(self, failpoint: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """Steer for a while; afterwards steering is gone, however that happened."""
        process = self.start(failpoint)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def steer_to_the_end(self, deadline_s: float = 300.0) -> None:
        with self.steered() as process:
            self.await_end(process, deadline_s)

    def await_end(self, process: subprocess.Popen[bytes], deadline_s: float = 300.0) -> None:
        try:
            status = process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            status = None
        assert status == 0, self.log

    def await_labels(self, count: int) -> None:
        eventually(lambda: self.count("result") >= count)

    def rows(self, query: str) -> list[str]:
        """Read a column of the ledger as text."""
        try:
            with closing(Ledger(self.run_dir, read_only=True)) as ledger:
                return [str(value) for (value,) in ledger.connection.execute(query)]
        except NoCampaign:
            return []

    @contextmanager
    def worker_of_each_topic(self) -> Iterator[None]:
        """Run all that a campaign with updates needs."""
        with ExitStack() as stack:
            for topic in HANDLERS:
                stack.enter_context(self.worker(topic=topic))
            yield

    def count(self, what: str) -> int:
        """Count rows of the ledger."""
        return len(self.rows(f"SELECT 1 FROM {what}"))  # noqa: S608 - a test's own words

    def assert_counted_once(self, most_executions: int = 2, failures: int = 0) -> None:
        """Check everything that must hold after the end, whatever happened before it."""
        verdict = verify(self.run_dir)
        assert verdict.broken == ()
        assert (verdict.finished, verdict.results) == (
            "budget-reached",
            self.budget + self.climb,
        )
        assert self.count("task WHERE state = 'settled' AND status <> 'ok'") == failures
        labels = self.rows(
            "SELECT smiles || ' ' || property || ' ' || label.level || ' ' || value"
            " FROM label JOIN result USING (number)"
        )
        for smiles, name, level, value in map(str.split, labels):
            assert float(value) == pytest.approx(toy_value(smiles, name, level))
        assert max(executions(self.folder).values()) <= most_executions
        try:
            eventually(lambda: not self.left_in_redis())
        except AssertionError:
            raise AssertionError(f"Left in Redis: {self.left_in_redis()}") from None

    def left_in_redis(self) -> list[bytes]:
        """Name what is there, but for living workers and the set that expires."""
        with connect(self.queue.server_url) as client:
            return [
                key
                for key in cast("list[bytes]", client.keys())
                if f"{self.queue.prefix}:worker:".encode() not in key and b":closed:" not in key
            ]

    def client(self) -> redis.Redis:
        return connect(self.queue.server_url)

    def _environment(self) -> dict[str, str]:
        return queue_variables(self.queue) | {
            "PYTHONPATH": str(TESTS),
            "MOLSTEER_CAMPAIGN__NAME": "faults",
            "MOLSTEER_CAMPAIGN__SPACE": str(self.space),
            "MOLSTEER_CAMPAIGN__RUN_DIR": str(self.run_dir),
            "MOLSTEER_CAMPAIGN__BUDGET": str(self.budget),
            "MOLSTEER_POLICY__FIRST_TRAINING_AFTER": "1000",
            "MOLSTEER_SIMULATE__SLOTS": "2",
            "MOLSTEER_TRAIN__MEMBERS": "2",
            "MOLSTEER_STORES__INFER": "redis",
            "MOLSTEER_STORES__THRESHOLD_BYTES": "300",
            "MOLSTEER_WORKERS__LOCAL": "false",
            "MOLSTEER_WORKERS__SERVER": "external",
            **self.settings,
        }
