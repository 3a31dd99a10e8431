"""Keeps as many blocks at a site as a campaign needs, while it is steered."""

from __future__ import annotations

import logging
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic
from molsteer.shared.worker.scheduler import duration_s
from molsteer.steering.sites.deployment.blocks import slots_of
from molsteer.steering.sites.deployment.deployment import Deployment, first_to_go, surplus
from molsteer.steering.sites.deployment.load import log_of, said_last, tasks_there
from molsteer.steering.sites.elastic import Change, Demand, Limits, Submitted, decide
from molsteer.steering.sites.errors import (
    BlocksKeepEnding,
    DeploymentBusy,
    SchedulerFailed,
    SchedulerMissing,
)
from molsteer.steering.sites.profile import SERVICES
from molsteer.steering.sites.schedulers.port import Job

log = logging.getLogger(__name__)

SHORT_S, SHORT_SHARE = 60.0, 0.1
"""A block that ends sooner after its start, and before this part of its walltime, has failed."""

FAILURES_ALLOWED = 3
"""Blocks of a topic that may fail one after the other."""

_WAITS = 10
"""Waits in the queue that are remembered."""


@dataclass
class BatchSite:
    """The blocks of a deployment that is up, more and fewer of them as the queues ask for.

    The scheduler is asked beside steering, which a slow one does not hold up.

    Attributes:
        queue: How steering reaches the queues.
        clock: Gives seconds of the Unix epoch.
    """

    deployment: Deployment
    queue: QueueSettings
    clock: Callable[[], float] = time.time
    _slots: Mapping[Topic, int] = field(default_factory=dict)
    _left: int = 0
    _next_at: float = 0.0
    _round: Future[None] | None = None
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "site"))
    _busy_at: dict[Topic, float] = field(default_factory=dict)
    _running_since: dict[str, float] = field(default_factory=dict)
    _there: dict[str, Topic] = field(default_factory=dict)
    _waits_s: list[float] = field(default_factory=list)
    _failures: dict[Topic, int] = field(default_factory=dict)

    @property
    def topics(self) -> Sequence[Topic]:
        """What the site works on."""
        return self.deployment.profile.topics

    @property
    def begun(self) -> frozenset[Topic]:
        """Topics that have blocks from the beginning."""
        blocks = self.deployment.place.read().blocks
        return frozenset(topic for topic, wanted in blocks.items() if wanted)

    def provide(self, slots: Mapping[Topic, int], *, simulations_left: int) -> None:
        """Say what is needed from now on."""
        self._slots, self._left = slots, simulations_left

    def keep_running(self) -> None:
        """Look after the blocks if it is time to; returns at once.

        Raises:
            BlocksKeepEnding: If blocks end again and again right after their start.
        """
        if self._round is not None and self._round.done():
            done, self._round = self._round, None
            done.result()
        if self._round is None and self.clock() >= self._next_at:
            self._next_at = self.clock() + self.deployment.profile.batch.poll_s
            self._round = self._thread.submit(self.look_after)

    def stop(self) -> None:
        """Give back the blocks that were added for this campaign."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        if not self.deployment.is_up:
            return
        try:
            state, jobs = self.deployment.place.read(), self.deployment.jobs()
            for topic, wanted in state.blocks.items():
                ours = self.deployment.jobs_of(topic, jobs)
                self.deployment.scheduler.cancel(surplus(ours, wanted))
        except (SchedulerFailed, SchedulerMissing) as error:
            log.warning("%s Blocks end by themselves at their walltime.", error)

    def look_after(self) -> None:
        """Compare what is there with what is needed, and add or give back blocks.

        Raises:
            BlocksKeepEnding: If blocks end again and again right after their start.
        """
        profile = self.deployment.profile
        try:
            jobs = self.deployment.jobs()
            self._note(jobs)
            pools = {topic: profile.service(topic).pool for topic in profile.topics}
            there = tasks_there(self.queue, pools)
            for topic in profile.topics:
                ours = self.deployment.jobs_of(topic, jobs)
                standing = [self._submitted(job) for job in ours if job.state != "ending"]
                change = decide(self._limits(topic), self._demand(topic, there[topic]), standing)
                self._make(topic, change, ours)
        except (SchedulerFailed, SchedulerMissing, ServiceUnavailable, DeploymentBusy) as error:
            log.warning("%s The site's blocks stay as they are.", error)

    def _limits(self, topic: Topic) -> Limits:
        service = self.deployment.profile.service(topic)
        return Limits(
            least=max(service.min_blocks, self.deployment.place.read().blocks.get(topic, 0)),
            most=service.max_blocks,
            slots=slots_of(service, topic),
            idle_s=self.deployment.profile.batch.idle_s,
        )

    def _demand(self, topic: Topic, tasks: int) -> Demand:
        now, batch = self.clock(), self.deployment.profile.batch
        if tasks:
            self._busy_at[topic] = now
        left = max(tasks, self._left) if topic == "simulate" else tasks
        waits = self._waits_s[-_WAITS:]
        return Demand(
            tasks=min(tasks, self._slots.get(topic, tasks)),
            left=left,
            task_s=self.deployment.profile.service(topic).expected_task_s,
            wait_s=statistics.median(waits) if waits else batch.expected_wait_s,
            quiet_s=now - self._busy_at.setdefault(topic, now),
        )

    def _submitted(self, job: Job) -> Submitted:
        left_s = math.inf if job.ends_at is None else job.ends_at - self.clock()
        return Submitted(job.state == "waiting", left_s)

    def _make(self, topic: Topic, change: Change, jobs: list[Job]) -> None:
        if change.submit:
            with self.deployment.place.alone():
                state = self.deployment.place.read()
                for _ in range(change.submit):
                    state = self.deployment.submit(state, topic)
                    self._there[state.submitted[-1].id] = topic
            log.info("Blocks of %s: %d more.", topic, change.submit)
        fewer = change.cancel_waiting + change.cancel_running
        if fewer:
            chosen = first_to_go(jobs)[:fewer]
            self.deployment.scheduler.cancel(chosen)
            for number in chosen:
                self._there.pop(number, None)
            log.info("Blocks of %s: %d fewer.", topic, fewer)

    def _note(self, jobs: list[Job]) -> None:
        """Learn from the blocks that have started, and from those that have ended."""
        now, submitted = self.clock(), self.deployment.place.read().submitted
        asked_at = {each.id: each.at for each in submitted}
        for job in jobs:
            if job.state == "running" and job.id not in self._running_since:
                self._running_since[job.id] = now
                self._waits_s.append(now - asked_at.get(job.id, now))
        there = {job.id for job in jobs}
        for each in submitted:
            if each.id in there:
                self._there.setdefault(each.id, each.topic)
        for number, topic in [*self._there.items()]:
            if number not in there:
                del self._there[number]
                self._ended(number, topic, now)

    def _ended(self, number: str, topic: Topic, now: float) -> None:
        lasted_s = now - self._running_since.pop(number, now)
        if lasted_s >= self._short_s(topic):
            self._failures[topic] = 0
            return
        self._failures[topic] = self._failures.get(topic, 0) + 1
        file = log_of(self.deployment.place.logs, topic, number)
        log.warning("Block %s of %s ended right after its start; see %s.", number, topic, file)
        if self._failures[topic] >= FAILURES_ALLOWED:
            raise BlocksKeepEnding(SERVICES[topic], self._failures[topic], file, said_last(file))

    def _short_s(self, topic: Topic) -> float:
        walltime = self.deployment.profile.service(topic).walltime
        return SHORT_S if walltime is None else min(SHORT_S, SHORT_SHARE * duration_s(walltime))
