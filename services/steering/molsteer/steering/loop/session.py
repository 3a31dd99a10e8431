"""Runs a campaign step by step, with everything around it."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from molsteer.shared.bus.embedded_server import EmbeddedServer
from molsteer.shared.bus.workers import live_workers
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.host.interrupts import Interrupts
from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.steering_lock import note_step
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.metrics.occupancy import Occupancy
from molsteer.steering.metrics.reading import Reading
from molsteer.steering.notify.notices import Notices
from molsteer.steering.records.judging.agreement import contradiction, distance
from molsteer.steering.records.progress import Progress, measure
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.sites.port import Site
from molsteer.steering.sites.watch import Attendance

log = logging.getLogger(__name__)

STEP_S = 0.5
"""How long one step waits for news, and so how often the display is renewed."""

MEASURE_EVERY_S = 0.2
"""How old what is displayed may be, where it is measured in no time."""

REST = 400.0
"""Times as long as measuring takes, until it is done again: it looks at many rows of the ledger."""

END_ANYHOW_AFTER_S = 60.0
"""How long a campaign that is to rest waits for a server or disk that takes no part."""


class Display(Protocol):
    """Follows a campaign."""

    def show(self, progress: Progress, now: float) -> None:
        """Take note of the newest progress."""
        ...

    def say(self, sentence: str) -> None:
        """Report something that a person has to see."""
        ...

    def close(self) -> None:
        """Leave the screen as a person wants to find it."""
        ...


@dataclass
class Application:
    """A campaign with everything it needs running around it."""

    settings: CampaignSettings
    campaign: Campaign
    server: EmbeddedServer | None
    site: Site | None
    attendance: Attendance
    metrics: Reading | None = None
    notices: Notices | None = None
    occupancy: Occupancy | None = None
    _trouble: str | None = None
    _loading: frozenset[Topic] | None = None
    _compared: bool = False
    _troubled_since_s: float | None = None
    _progress: Progress | None = None
    _renew_at_s: float = 0.0
    _measure_at_s: float = 0.0
    _measured_commits: int = -1

    def steer(self, display: Display, interrupts: Interrupts) -> None:
        """Run the campaign to its end, or until the user has stopped it.

        Raises:
            WorkersKeepDying: If the workers on this machine do not stay alive.
            SteeredElsewhere: If a copy of the run directory is at work.
        """
        # What is there now stays to the end; the collector need not look through it each time.
        gc.collect()
        gc.freeze()
        while not (self.ended or interrupts.at_once):
            stops = interrupts.take_first()
            if stops:
                self.campaign.drain()
            progress = self.advance(display.say)
            if stops:
                self._announce_stop(display, progress.in_flight)
            display.show(progress, time.time())

    def _announce_stop(self, display: Display, awaited: int) -> None:
        stopping = f"Stopping when the simulations in flight ({awaited}) have ended."
        log.info(stopping)
        display.say(f"{stopping} Ctrl-C again ends at once.")

    @property
    def ended(self) -> bool:
        """Whether the campaign is over, or at rest after it was drained.

        It rests as well when that is asked and cannot be brought about: outcomes wait in Redis, and
        what was published is looked for by the next session.
        """
        if self.campaign.finished is not None:
            return True
        if self._troubled_since_s is not None:
            troubled_s = time.monotonic() - self._troubled_since_s
            return self.campaign.draining and troubled_s > END_ANYHOW_AFTER_S
        try:
            return self.campaign.drained
        except ServiceUnavailable as error:
            self._be_in_trouble(error)
            return False

    def advance(self, complain: Callable[[str], None]) -> Progress:
        """Keep everything running, take one step, and tell how far the campaign is.

        Args:
            complain: Gets what a person has to see; it is logged as well.

        Raises:
            WorkersKeepDying: If the workers on this machine do not stay alive.
        """
        self._keep_running()
        self._step(complain)
        note_step(self.settings.run_dir)
        progress = self._progress_now()
        if self.occupancy:
            self.occupancy.look_when_due(time.monotonic())
        if self.metrics:
            self.metrics.read_when_due(self.campaign.state, time.time())
        if self.notices:
            self.notices.look(self.campaign.state, progress, self.campaign.finished, self._trouble)
        return progress

    def _progress_now(self) -> Progress:
        """Tell how far the campaign is; steps may be many in the time that a person looks."""
        if self._progress and not self._is_due():
            if (now_s := time.monotonic()) >= self._renew_at_s:
                self._renew_at_s = now_s + MEASURE_EVERY_S
                self._progress = self._moved_on(self._progress)
            return self._progress
        try:
            self._progress = self._measure()
        except ServiceUnavailable as error:  # another program holds the ledger, say
            if self._progress is None:
                raise
            self._be_in_trouble(error)
            self._progress = replace(self._progress, activity=str(error))
        return self._progress

    def _moved_on(self, progress: Progress) -> Progress:
        """Bring up to date what is known without looking."""
        standings = zip(progress.levels, self.campaign.state.levels, strict=True)
        return replace(
            progress,
            done=self.campaign.state.successes,
            levels=tuple(replace(level, done=each.successes) for level, each in standings),
            activity=self._activity(),
        )

    def _is_due(self) -> bool:
        """Tell whether there is news of the ledger, and measuring has rested long enough."""
        if self.campaign.finished or self.campaign.draining or self._trouble:
            return True
        is_new = self.campaign.ledger.commits != self._measured_commits
        return is_new and time.monotonic() >= self._measure_at_s

    def _measure(self) -> Progress:
        state, began_s = self.campaign.state, time.thread_time()
        self._measured_commits = self.campaign.ledger.commits
        progress = measure(
            self.campaign.ledger,
            budget=state.plan.budget,
            done=[level.successes for level in state.levels],
            activity=self._trouble or self._activity(),
            now=time.time(),
        )
        took_s = time.thread_time() - began_s
        self._measure_at_s = time.monotonic() + max(MEASURE_EVERY_S, REST * took_s)
        return progress

    def _keep_running(self) -> None:
        if self.server and self.server.keep_running():
            log.warning("The embedded server ended and was started again.")
        if self.site:
            state = self.campaign.state
            left = max(0, state.plan.budget - state.successes)
            self.site.provide(state.plan.slots, simulations_left=left)
            self.site.keep_running()

    def _step(self, complain: Callable[[str], None]) -> None:
        try:
            self.campaign.step(STEP_S)
            self._tell(self.attendance.complaints(time.time()), complain)
            self._tell(self._contradictions(), complain)
            self._trouble = self._troubled_since_s = None
        except ServiceUnavailable as error:
            self._be_in_trouble(error)
            time.sleep(STEP_S)
        self._tell(self.campaign.take_news(), complain)

    def _be_in_trouble(self, error: ServiceUnavailable) -> None:
        if str(error) != self._trouble:
            log.warning("%s Trying again until it answers.", error)
        self._trouble = str(error)
        self._troubled_since_s = self._troubled_since_s or time.monotonic()

    def _tell(self, sentences: Iterable[str], complain: Callable[[str], None]) -> None:
        for sentence in sentences:
            log.warning(sentence)
            complain(sentence)

    def _activity(self) -> str:
        loading = self._workers_that_load()
        if loading and not self.campaign.state.stopping:
            return f"workers are loading ({', '.join(sorted(loading))})"
        return _activity(self.campaign, self.settings.policy.starter)

    def _workers_that_load(self) -> frozenset[Topic]:
        """Name the topics whose workers here have not been ready since they were started first."""
        if self._loading is None:
            self._loading = self.site.begun if self.site else frozenset()
        if self._loading:
            try:
                self._loading -= {worker.topic for worker in live_workers(self.settings.queue)}
            except ServiceUnavailable:
                return frozenset()  # the next step tells
        return self._loading

    def _contradictions(self) -> list[str]:
        """Compare given labels with new ones, once there are enough."""
        if self._compared or not self.campaign.state.plan.known_labels:
            return []
        found = distance(self.campaign.ledger)
        self._compared = found is not None
        told = contradiction(found)
        return [told] if told else []

    def retire(self) -> None:
        """Remove what a campaign that has ended left in stores and queues."""
        if self.occupancy:
            self.occupancy.conclude(time.monotonic())
        try:
            self.campaign.bus.retire()
            self.campaign.dispatching.retire()
        except ServiceUnavailable as error:
            log.warning("%s What the campaign left there expires by itself.", error)


def _activity(campaign: Campaign, starter: str) -> str:
    match campaign.state.update_progress:
        case _ if campaign.draining:
            return "stopping, waiting for the published simulations"
        case _ if campaign.state.stopping:
            return "stopping, waiting for the running simulations"
        case _ if campaign.state.paused:
            return "paused"
        case None:
            return "models idle" if campaign.state.model else f"{starter} start"
        case phase, settled, wanted:
            return f"{phase} {settled}/{wanted}"
