"""Fills the instruments from the ledger, the policy's state, and Redis."""

from __future__ import annotations

import logging
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from molsteer.shared.bus.workers import live_workers
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import TOPICS, Topic
from molsteer.steering.errors import LEDGER_FILE
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.metrics.instruments import Instruments
from molsteer.steering.metrics.machines import Machines
from molsteer.steering.policy.state import State
from molsteer.steering.records.ended import Ended, ended_since
from molsteer.steering.records.figures.achieved import achieved, newest_model, oldest_dispatched
from molsteer.steering.records.judging.against_chance import advantages
from molsteer.steering.records.judging.updates import read_beliefs
from molsteer.steering.sites.depths import depths

log = logging.getLogger(__name__)

READ_EVERY_S = 5.0
"""How often figures are read; a scrape gives those that were read last."""

_LATEST = 100
"""Molecules chosen last by which predictions are judged."""

_REST = 200.0
"""Times as long as the comparison of all labels takes, until it is made again."""


@dataclass
class Reading:
    """Reads the figures of one campaign now and then; a failure changes none of them.

    Attributes:
        pools: The pool of workers that each topic's tasks go to.
        machines: Fills the figures of machines.
        _seq: The last event whose task is counted.
        _read_at: When figures were read last.
        _commits: Transactions of the ledger that are counted, and how long they took in seconds.
        _compared_at: When models were compared with chance last.
        _compared_in_s: How long that took.
    """

    instruments: Instruments
    ledger: Ledger
    run_dir: Path
    queue: QueueSettings
    pools: Mapping[Topic, str]
    machines: Machines | None = None
    _seq: int = 0
    _read_at: float | None = None
    _commits: tuple[int, float] = field(default=(0, 0.0))
    _compared_at: float = 0.0
    _compared_in_s: float = 0.0

    def read_when_due(self, state: State, now: float) -> None:
        """Read all figures, unless that was done a moment ago."""
        if self._read_at is not None and 0.0 <= now - self._read_at < READ_EVERY_S:
            return
        if self._read_at is None:
            self.instruments.set("last_settled_timestamp_seconds", now)
        self._read_at = now
        try:
            self._count_ended()
            self._look_at_findings(now)
            self._look_at_tasks(state, now)
            self._look_at_disk()
        except (ServiceUnavailable, OSError) as error:
            self.instruments.add("read_errors")
            log.debug("Figures were not read: %s", error)
        else:
            self.instruments.set("read_timestamp_seconds", now)
        self._look_at_redis()
        if self.machines:
            self.machines.read(time.monotonic())

    def _count_ended(self) -> None:
        while True:
            ended, seq = ended_since(self.ledger, self._seq)
            for task in ended:
                self._count(task)
            if ended:
                self.instruments.set("last_settled_timestamp_seconds", ended[-1].settled_at)
            if seq == self._seq:
                return
            self._seq = seq

    def _count(self, task: Ended) -> None:
        add, topic = self.instruments.add, task.topic
        add("tasks", topic=topic, outcome=task.status)
        add("task_cpu_seconds", task.cpu_s, topic=topic)
        add("tasks_republished", task.publishes - 1, topic=topic)
        add("task_starts_repeated", task.starts - 1, topic=topic)
        if task.level is not None:
            add("simulations", level=task.level, outcome=task.status)
        if task.reason is not None:
            add("failures", topic=topic, reason=task.reason)
        for moved in task.moved:
            way = {"side": moved.side, "store": moved.store, "operation": moved.operation}
            add("transfer_bytes", moved.size_bytes, topic=topic, **way)
            add("transfer_seconds", moved.duration_s, topic=topic, **way)
        for name, duration_s in _intervals_s(task):
            self.instruments.observe(name, duration_s, topic=topic)

    def _look_at_findings(self, now: float) -> None:
        gauge = self.instruments.set
        for found in achieved(self.ledger):
            output = found.objective.output
            where = {"property": output.name, "level": output.level}
            if found.best is not None:
                gauge("best_value", found.best, **where, unit=output.unit)
            if found.hits is not None:
                gauge("hits", found.hits, **where)
            if found.expected_hits is not None:
                gauge("hits_expected_from_random", found.expected_hits, **where)
        self._look_at_chance(now)
        self._look_at_coverage()
        if model := newest_model(self.ledger):
            gauge("model_labels", model.labels)
            gauge("model_trained_timestamp_seconds", model.trained_at)
            for output, error in model.errors.items():
                where = {"property": output.name, "level": output.level, "unit": output.unit}
                gauge("model_error", error, **where)

    def _look_at_coverage(self) -> None:
        for belief in read_beliefs(self.ledger, _LATEST):
            where = {"property": belief.output.name, "level": belief.output.level}
            self.instruments.set("model_coverage_ratio", belief.covered[0.9], **where)
            self.instruments.set("model_coverage_molecules", belief.molecules, **where)
            self.instruments.set("model_strange_molecules", belief.strange, **where)

    def _look_at_chance(self, now: float) -> None:
        """Compare all labels; the longer that takes, the more seldom it is done."""
        if 0.0 <= now - self._compared_at < _REST * self._compared_in_s:
            return
        began_s = time.perf_counter()
        for better in advantages(self.ledger):
            output = better.objective.output
            for end, times in asdict(better.times_better).items() if better.times_better else ():
                if times is not None:
                    where = {"property": output.name, "level": output.level, "end": end}
                    self.instruments.set("times_better_than_random", times, **where)
        self._compared_at, self._compared_in_s = now, time.perf_counter() - began_s

    def _look_at_tasks(self, state: State, now: float) -> None:
        gauge, plan = self.instruments.set, state.plan
        levels = (plan.level, *(rung.level for rung in plan.rungs))
        for level, budget, standing in zip(levels, plan.budgets, state.levels, strict=True):
            gauge("budget_simulations", budget, level=level)
            gauge("molecules_given_up", len(standing.abandoned), level=level)
        oldest = oldest_dispatched(self.ledger)
        for topic in TOPICS:
            gauge("slots", plan.slots[topic], topic=topic)
            gauge("tasks_in_flight", state.in_flight_of(topic), topic=topic)
            gauge("oldest_task_seconds", max(now - oldest.get(topic, now), 0.0), topic=topic)
        for line in ("fresh", "stale", "starters"):
            gauge("candidates", len(getattr(state.shortlist, line)), line=line)
        gauge("model_generation", state.model)
        stage, settled, wanted = state.update_progress or ("none", 0, 1)
        for name in ("training", "scoring", "none"):
            gauge("update_stage", float(name == stage), stage=name)
        gauge("update_progress_ratio", settled / max(wanted, 1))

    def _look_at_disk(self) -> None:
        files = [self.run_dir / name for name in (LEDGER_FILE, f"{LEDGER_FILE}-wal")]
        sizes = [file.stat().st_size for file in files if file.exists()]
        self.instruments.set("ledger_size_bytes", sum(sizes))
        self.instruments.set("disk_free_bytes", shutil.disk_usage(self.run_dir).free)
        commits, took_s = self.ledger.commits, self.ledger.commits_s
        self.instruments.add("ledger_commits", commits - self._commits[0])
        self.instruments.add("ledger_commit_seconds", took_s - self._commits[1])
        self._commits = commits, took_s

    def _look_at_redis(self) -> None:
        try:
            lying, there = depths(self.queue, self.pools), live_workers(self.queue)
        except ServiceUnavailable:
            self.instruments.set("redis_up", 0.0)
            return
        self.instruments.set("redis_up", 1.0)
        for topic, count in lying.queued.items():
            self.instruments.set("queue_depth", count, topic=topic)
        self.instruments.set("dead_letters", lying.dead_letters)
        workers, processes = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for topic, pool in self.pools.items():  # nobody is a figure too
            workers[topic, pool] = processes[topic, pool] = 0
        for worker in there:
            workers[worker.topic, worker.pool] += 1
            processes[worker.topic, worker.pool] += worker.processes
        for name, counted in (("workers", workers), ("worker_processes", processes)):
            self.instruments.clear(name)
            for (served, pool), count in counted.items():
                self.instruments.set(name, count, topic=served, pool=pool)


def _intervals_s(task: Ended) -> Iterator[tuple[str, float]]:
    ends = (task.dispatched_at, task.started_at, task.ended_at, task.reported_at, task.settled_at)
    names = ("task_wait_seconds", "task_run_seconds", "task_report_seconds", "task_settle_seconds")
    for name, begin, end in zip(names, ends, ends[1:], strict=False):
        if begin is not None and end is not None:
            yield name, end - begin
