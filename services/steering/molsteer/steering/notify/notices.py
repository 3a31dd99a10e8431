"""Looks at a campaign now and then, and has told what somebody should know."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from molsteer.shared.bus.workers import live_workers
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.wire.topics import Topic
from molsteer.steering.notify.notice import About, notice
from molsteer.steering.notify.notifier import Notifier
from molsteer.steering.notify.senders import senders
from molsteer.steering.notify.watch import Watch
from molsteer.steering.policy.state import State
from molsteer.steering.records.progress import Progress
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.notify import EventName

LOOK_EVERY_S = 15.0
"""How often workers are counted."""

AT_THE_END_S = 60.0
"""How long the end of a campaign waits for what is on its way, at most."""


@dataclass
class Notices:
    """What is told about one campaign.

    Attributes:
        settings: The campaign's.
        notifier: Who tells it.
        _unserved: Topics with tasks and without a worker, when that was looked at last.
        _looked_at_s: When that was.
        _progress: The newest that is known.
    """

    settings: CampaignSettings
    notifier: Notifier
    watch: Watch
    _unserved: tuple[Topic, ...] = ()
    _looked_at_s: float | None = None
    _progress: Progress | None = None

    def look(
        self, state: State, progress: Progress, finished: str | None, trouble: str | None
    ) -> None:
        """Tell what is due.

        Args:
            state: Where the policy is.
            progress: How far the campaign is.
            finished: Why it has ended, None while it goes on.
            trouble: The sentence about a service that takes no part, None if all do.
        """
        now_s, self._progress = time.monotonic(), progress
        troubles = self._troubles(state, trouble, now_s)
        for event, reason in self.watch.look(now_s, finished, {} if finished else troubles):
            self.tell(event, reason)

    def tell(self, event: EventName, reason: str) -> None:
        """Have one event told, if that is wanted."""
        if event in self.settings.notify.on:
            about = About(self.settings.campaign.name, self.settings.run_dir)
            self.notifier.tell(notice(event, reason, about, self._progress, time.time()))

    def _troubles(self, state: State, trouble: str | None, now_s: float) -> Mapping[EventName, str]:
        if trouble is not None:
            return {"held-up": trouble}
        if self._looked_at_s is None or now_s - self._looked_at_s >= LOOK_EVERY_S:
            self._looked_at_s = now_s
            self._unserved = self._without_worker(state)
        if not self._unserved:
            return {}
        named = ", ".join(self._unserved)
        return {"no-workers": f"No worker takes the tasks of {named}, which wait."}

    def _without_worker(self, state: State) -> tuple[Topic, ...]:
        pools = self.settings.pools
        waiting = [topic for topic in pools if state.in_flight_of(topic)]
        if not waiting:
            return ()
        try:
            there = {(worker.topic, worker.pool) for worker in live_workers(self.settings.queue)}
        except ServiceUnavailable:
            return self._unserved  # the next step tells
        return tuple(topic for topic in waiting if (topic, pools[topic]) not in there)


@contextmanager
def noticing(settings: CampaignSettings) -> Iterator[Notices | None]:
    """Tell about a campaign while it is steered, and that steering failed if it does.

    Raises:
        SettingsError: If an address cannot be used.
        UnusableFile: If the file of addresses cannot be read.
    """
    wanted = settings.notify
    if not wanted.is_wanted:
        yield None
        return
    notifier = Notifier(senders(wanted), wanted.tries)
    notices = Notices(settings, notifier, Watch(60.0 * wanted.after_min))
    try:
        yield notices
    except Exception as error:
        notices.tell("failing", str(error).partition("\n")[0])
        raise
    finally:
        notifier.close(min(AT_THE_END_S, 1.5 * wanted.time_limit_s))
