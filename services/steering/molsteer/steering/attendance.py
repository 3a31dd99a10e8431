"""Watches whether workers that were started elsewhere serve the pools a campaign counts on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from molsteer.shared.bus.keys import DEFAULT_POOL
from molsteer.shared.bus.workers import live_workers, start_command, strangers
from molsteer.shared.messages import Topic
from molsteer.shared.settings.sections import QueueSettings
from molsteer.steering.settings import CampaignSettings

FIRST_AFTER_S = 3.0
"""Time for workers that are started together with the campaign."""

AGAIN_AFTER_S = 15.0


@dataclass
class Attendance:
    """Calls the roll now and then.

    Attributes:
        pools: The pool of each topic that must be served.
        next_at: When the roll is called next, in seconds of the Unix epoch.
    """

    queue: QueueSettings
    pools: Mapping[Topic, str]
    next_at: float
    _told: set[str] = field(default_factory=set)

    def complaints(self, now: float) -> list[str]:
        """Give a sentence for each pool that nobody serves, if it is time to call the roll.

        A worker of another version, which may not understand its tasks, is told once.

        Raises:
            ServiceUnavailable: If Redis does not answer.
        """
        if not self.pools or now < self.next_at:
            return []
        self.next_at = now + AGAIN_AFTER_S
        pools = self.pools.items()
        there = [w for w in live_workers(self.queue) if (w.topic, w.pool) in pools]
        served = {(worker.topic, worker.pool) for worker in there}
        return [
            *(_complaint(topic, pool) for topic, pool in pools if (topic, pool) not in served),
            *self._news(f"{sentence} {cure}" for sentence, cure in strangers(there)),
        ]

    def _news(self, sentences: Iterable[str]) -> list[str]:
        new = [sentence for sentence in sentences if sentence not in self._told]
        self._told.update(new)
        return new


def attendance(settings: CampaignSettings, now: float) -> Attendance:
    """Expect workers of every pool that this machine does not serve itself."""
    elsewhere = {
        topic: pool
        for topic, pool in settings.pools.items()
        if not (settings.workers.local and pool == DEFAULT_POOL)
    }
    return Attendance(settings.queue, elsewhere, now + FIRST_AFTER_S)


def _complaint(topic: Topic, pool: str) -> str:
    return (
        f"No worker serves the pool {pool!r} of {topic}; its tasks wait. Start one, with the same "
        f"queue and stores: {start_command(topic, pool)}"
    )
