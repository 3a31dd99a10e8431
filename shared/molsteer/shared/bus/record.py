"""The record of tasks in Redis, as workers change it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from molsteer.shared.bus.connection import as_text, connect, connect_once, reaching
from molsteer.shared.bus.dead_letters import DeadLetter
from molsteer.shared.bus.names import Keys
from molsteer.shared.bus.port import Run, Verdict
from molsteer.shared.bus.scripts import BEGIN, FINISH, HAND_BACK, LOSE, PASS_ON, RENEW
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.codec import encode
from molsteer.shared.wire.key_ring import UNSIGNED, KeyRing
from molsteer.shared.wire.messages import Outcome, Task

CAMPAIGN_EXPIRE_S = 30 * 24 * 3600
"""What an abandoned campaign leaves behind disappears after this time."""

_DEAD_LETTERS = 1000


@dataclass(frozen=True, slots=True)
class Held:
    """A task and the claim of the process that runs it."""

    campaign: str
    task_id: str
    claim: str


class TaskRecord:
    """Leases, starts and outcomes of tasks.

    Every method raises `ServiceUnavailable` if Redis does not take part.

    Args:
        queue: Where the queues are.
        key_ring: What outcomes are signed with.
        at_once: Whether to connect now, and to keep that connection.
    """

    def __init__(
        self, queue: QueueSettings, key_ring: KeyRing = UNSIGNED, *, at_once: bool = False
    ) -> None:
        self._url, self._key_ring = queue.server_url, key_ring
        self._keys = Keys(queue.prefix)
        self._lease_ms = round(queue.lease_s * 1000)
        self._client = connect_once(self._url) if at_once else connect(self._url)
        self._begin = self._client.register_script(BEGIN)
        self._finish = self._client.register_script(FINISH)
        self._pass_on = self._client.register_script(PASS_ON)
        self._renew = self._client.register_script(RENEW)
        self._lose = self._client.register_script(LOSE)
        self._hand_back = self._client.register_script(HAND_BACK)

    def begin(self, task: Task, claim: str) -> Verdict:
        """Ask for the right to run a task."""
        told = (task.task_id, claim, self._lease_ms, CAMPAIGN_EXPIRE_S)
        with reaching(self._url):
            answer = as_text(self._begin(self._keys_of_begin(task), told))
        return _verdict(answer, task)

    def finish(self, outcome: Outcome, claim: str) -> bool:
        """Hand over an outcome; tell whether it is the one that counts."""
        keys, told = self._keys_of_end(outcome), self._told_of_end(outcome, claim, ring=True)
        with reaching(self._url):
            return bool(self._finish(keys, told))

    def pass_on(
        self, outcome: Outcome, following: Task, claim: str, *, ring: bool
    ) -> tuple[bool, Verdict]:
        """Hand over an outcome, and ask for the right to run a task of the same campaign."""
        keys = [
            *self._keys_of_end(outcome),
            self._keys.lease(following.campaign, following.task_id),
            self._keys.starts(following.campaign),
        ]
        told = self._told_of_end(outcome, claim, ring=ring)
        with reaching(self._url):
            counts, answer = self._pass_on(keys, (*told, following.task_id, self._lease_ms))
        return bool(counts), _verdict(as_text(answer), following)

    def renew(self, tasks: Sequence[Held]) -> None:
        """Extend the leases of running tasks."""
        keys = [self._keys.lease(task.campaign, task.task_id) for task in tasks]
        with reaching(self._url):
            self._renew(keys, (self._lease_ms, *(task.claim for task in tasks)))

    def lose(self, task: Held) -> None:
        """Give the lease of a task back whose process died; it may begin elsewhere at once."""
        with reaching(self._url):
            self._lose(self._keys_of_start(task), (task.task_id, task.claim))

    def hand_back(self, task: Held) -> None:
        """Give a lease back together with the start, which no fault of the task cut short."""
        with reaching(self._url):
            self._hand_back(self._keys_of_start(task), (task.task_id, task.claim))

    def starts(self, campaign: str, task_id: str) -> int:
        """Tell how often a task has begun."""
        with reaching(self._url):
            return int(self._client.hget(self._keys.starts(campaign), task_id) or 0)

    def are_cancelled(self, tasks: Sequence[Held]) -> list[bool]:
        """Tell of each task whether steering took it back; all of them in one question."""
        with reaching(self._url), self._client.pipeline(transaction=False) as pipe:
            for task in tasks:
                pipe.sismember(self._keys.closed(task.campaign), task.task_id)
            return [bool(answer) for answer in pipe.execute()]

    def bury(self, data: bytes, reason: str) -> None:
        """Put a message that cannot be read aside for a human."""
        letter = DeadLetter.of(data, reason, time.time())
        with reaching(self._url), self._client.pipeline() as pipe:
            pipe.lpush(self._keys.dead_letters, letter.model_dump_json())
            pipe.ltrim(self._keys.dead_letters, 0, _DEAD_LETTERS - 1)
            pipe.execute()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _keys_of_begin(self, task: Task) -> list[str]:
        return [
            self._keys.lease(task.campaign, task.task_id),
            self._keys.outcomes(task.campaign),
            self._keys.starts(task.campaign),
            self._keys.closed(task.campaign),
        ]

    def _keys_of_start(self, task: Held) -> list[str]:
        return [self._keys.lease(task.campaign, task.task_id), self._keys.starts(task.campaign)]

    def _keys_of_end(self, outcome: Outcome) -> list[str]:
        return [
            self._keys.lease(outcome.campaign, outcome.task_id),
            self._keys.outcomes(outcome.campaign),
            self._keys.doorbell(outcome.campaign),
            self._keys.closed(outcome.campaign),
        ]

    def _told_of_end(
        self, outcome: Outcome, claim: str, *, ring: bool
    ) -> tuple[str, str, bytes, int, int]:
        data = encode(outcome, self._key_ring)
        return outcome.task_id, claim, data, CAMPAIGN_EXPIRE_S, int(ring)


def _verdict(answer: str, task: Task) -> Verdict:
    match answer.split(":"):
        case ["run", start, killed]:
            return Run(int(start), int(killed))
        case ["busy" | "done" | "cancelled" as verdict]:
            return verdict
        case _:
            raise ValueError(f"Redis answered {answer!r} to the begin of {task.task_id}.")
