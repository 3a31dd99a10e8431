"""Watches whether workers that were started elsewhere serve a campaign, and understand it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import NamedTuple

from molsteer.shared.bus.dead_letters import DeadLetter, dead_letters
from molsteer.shared.bus.workers import WorkerInfo, live_workers, start_command, strangers
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import DEFAULT_POOL, Topic
from molsteer.steering.settings.campaign import CampaignSettings

FIRST_AFTER_S = 3.0
"""Time for workers that are started together with the campaign."""

AGAIN_AFTER_S = 15.0

REMIND_AFTER_S = 600.0
"""Time after which a pool that still has no worker is reported again."""


_NAMED = 5
"""Workers that are missed by name at a time; a whole site may be cut off."""


class Seat(NamedTuple):
    """A worker, as it is known to others."""

    topic: Topic
    pool: str
    host: str
    pid: int


@dataclass
class Attendance:
    """Calls the roll now and then.

    Attributes:
        pools: The pool of each topic that must be served.
        begun_at: When watching began, in seconds of the Unix epoch.
        next_at: When the roll is called next.
    """

    queue: QueueSettings
    pools: Mapping[Topic, str]
    begun_at: float
    next_at: float
    _told: set[str] = field(default_factory=set)
    _told_at: dict[str, float] = field(default_factory=dict)
    _seen_at: dict[Seat, float] = field(default_factory=dict)

    def complaints(self, now: float) -> list[str]:
        """Give a sentence for each pool that nobody serves, if it is time to call the roll.

        It is told when its last worker has gone, and now and then while none comes. A worker that
        has gone while others of its pool are there is named, with when it was there last. Workers
        of another version, which may not understand their tasks, and the newest message that
        somebody did not understand are told once.

        Raises:
            ServiceUnavailable: If Redis does not answer.
        """
        if not self.pools or now < self.next_at:
            return []
        self.next_at = now + AGAIN_AFTER_S
        pools = self.pools.items()
        there = [w for w in live_workers(self.queue) if (w.topic, w.pool) in pools]
        served = {(worker.topic, worker.pool) for worker in there}
        unserved = [_complaint(topic, pool) for topic, pool in pools if (topic, pool) not in served]
        return [
            *self._due(unserved, now),
            *self._gone({_seat(worker) for worker in there}, served, now),
            *self._news(f"{sentence} {cure}" for sentence, cure in strangers(there)),
            *self._news(map(_put_aside, self._newest_letter())),
        ]

    def _due(self, complaints: list[str], now: float) -> list[str]:
        told_at = {each: at for each, at in self._told_at.items() if each in complaints}
        due = [each for each in complaints if now - told_at.get(each, -inf) >= REMIND_AFTER_S]
        self._told_at = told_at | dict.fromkeys(due, now)
        return due

    def _gone(self, there: set[Seat], served: set[tuple[Topic, str]], now: float) -> Iterator[str]:
        missed = sorted(self._seen_at.keys() - there)
        some = [seat for seat in missed if (seat.topic, seat.pool) in served]
        for seat in some[:_NAMED]:
            yield _farewell(seat, self._seen_at[seat])
        if len(some) > _NAMED:
            yield f"{len(some) - _NAMED} more workers are not seen any more."
        for seat in missed:
            del self._seen_at[seat]
        self._seen_at |= dict.fromkeys(there, now)

    def _newest_letter(self) -> list[DeadLetter]:
        return [letter for letter in dead_letters(self.queue)[:1] if letter.at >= self.begun_at]

    def _news(self, sentences: Iterable[str]) -> list[str]:
        new = [sentence for sentence in sentences if sentence not in self._told]
        self._told.update(new)
        return new


def attendance(settings: CampaignSettings, now: float, kept: Collection[Topic] = ()) -> Attendance:
    """Expect workers of every pool that neither this machine nor a site's blocks serve.

    Args:
        settings: The campaign's.
        now: The time, in seconds of the Unix epoch.
        kept: Topics whose blocks come and go with their tasks.
    """
    elsewhere = {
        topic: pool
        for topic, pool in settings.pools.items()
        if topic not in kept and not (settings.workers.local and pool == DEFAULT_POOL)
    }
    return Attendance(settings.queue, elsewhere, now, now + FIRST_AFTER_S)


def _complaint(topic: Topic, pool: str) -> str:
    return (
        f"No worker serves the pool {pool!r} of {topic}; its tasks wait. Start one, with the same "
        f"queue and stores: {start_command(topic, pool)}"
    )


def _seat(worker: WorkerInfo) -> Seat:
    return Seat(worker.topic, worker.pool, worker.host, worker.pid)


def _farewell(seat: Seat, seen_at: float) -> str:
    time_of_day = f"{datetime.fromtimestamp(seen_at).astimezone():%H:%M:%S}"
    return (
        f"The {seat.topic} worker with process {seat.pid} on {seat.host} is not seen any more; it "
        f"was last seen at {time_of_day}. Others of its pool {seat.pool!r} take its tasks over."
    )


def _put_aside(letter: DeadLetter) -> str:
    return f"Messages are put aside, see `molsteer dead list`. The newest: {letter.reason}"
