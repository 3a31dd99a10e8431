"""Workers that compute nothing, all slots in one process: what steering has to feed.

They speak what real workers speak, with their scripts, keys and messages: a message is taken as
kombu takes it, a task begins and ends by the record of tasks, leases are renewed and signs of life
shown. Only that many slots share a question to the server.
"""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from importlib.metadata import version
from random import Random

import redis

from molsteer.shared.bus.names import Keys
from molsteer.shared.bus.record import CAMPAIGN_EXPIRE_S, Held, TaskRecord
from molsteer.shared.bus.workers import SIGN_EVERY_S, SignOfLife, WorkerInfo
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.blob import Inline
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.codec import decode_task
from molsteer.shared.wire.messages import Outcome, Simulate, Simulated, Task
from molsteer.shared.wire.properties import Quantity
from molsteer.shared.worker.execution import ended

TICK_S = 0.005
"""How often slots are looked at; one that has to wait is idle for as long at least."""

_VALUES = {ADIABATIC_IP: Quantity(value=1.0, unit="eV")}
_RECORDS = Inline(codec="msgpack", data=b"\x80")


class PipelinedRecord(TaskRecord):
    """The record of tasks, as the processes of many slots change it at once."""

    def begin_all(self, tasks: list[tuple[Task, str]]) -> list[bool]:
        """Tell which of them may run, each in the name of its claim."""
        pipe = self._client.pipeline(transaction=False)
        for task, claim in tasks:
            told = (task.task_id, claim, self._lease_ms, CAMPAIGN_EXPIRE_S)
            self._begin(self._keys_of_begin(task), told, client=pipe)
        return [answer.startswith(b"run") for answer in pipe.execute()]

    def finish_all(self, outcomes: list[tuple[Outcome, str]]) -> None:
        """Hand outcomes over."""
        pipe = self._client.pipeline(transaction=False)
        for outcome, claim in outcomes:
            told = self._told_of_end(outcome, claim, ring=True)
            self._finish(self._keys_of_end(outcome), told, client=pipe)
        pipe.execute()


@dataclass(slots=True)
class Slot:
    """A process that does one task at a time.

    Attributes:
        free_s: When its last task ended.
        tasks: What is left of its message; the first is being done.
        tag: Name of that message while it is not acknowledged.
    """

    claim: str
    free_s: float
    tasks: deque[Task] = field(default_factory=deque)
    tag: str = ""
    begun_s: float = 0.0
    until_s: float = 0.0


class FakeWorkers:
    """So many slots, and how long each was busy.

    Args:
        at: Where the queues are.
        slots: How many there are.
        lasting_s: The shortest and the longest task.
    """

    def __init__(self, at: QueueSettings, slots: int, lasting_s: tuple[float, float]) -> None:
        self._keys, self._lasting_s, self._random = Keys(at.prefix), lasting_s, Random(0)
        self._client = redis.Redis.from_url(at.redis_url)
        self._record = PipelinedRecord(at)
        self._lease_s = at.lease_s
        facts = {"version": version("molsteer-shared"), "python": "", "host": "fake", "pid": 1}
        self._sign = SignOfLife(
            at, WorkerInfo.model_validate({"processes": slots, "topic": "simulate"} | facts)
        )
        began_s = time.time()
        self._free = [Slot(f"fake:{number}", began_s) for number in range(slots)]
        self._due: list[tuple[float, str, Slot]] = []
        self._waiting, self._slots = 0, slots
        self._sign_at_s = self._renew_at_s = 0.0
        self.begun = 0
        self.busy: list[tuple[float, float]] = []
        self.latest_s = 0.0

    def tick(self) -> None:
        """End what is due, and begin what waits in the queue."""
        now_s = time.time()
        self._show_life(now_s)
        self._end_due(now_s)
        if self._free:
            self._take(now_s)

    def busy_share(self, since_s: float, until_s: float) -> float:
        """Tell which part of a time all slots together had work."""
        running = [(slot.begun_s, slot.until_s) for _, _, slot in self._due]
        spans = [*self.busy, *running]
        busy_s = sum(max(0.0, min(end, until_s) - max(begin, since_s)) for begin, end in spans)
        return busy_s / ((until_s - since_s) * self._slots)

    def ended_in(self, since_s: float, until_s: float) -> int:
        """Count the tasks that ended in a time."""
        return sum(since_s < end <= until_s for _, end in self.busy)

    def _show_life(self, now_s: float) -> None:
        if now_s >= self._sign_at_s:
            self._sign.show()
            self._sign_at_s = now_s + SIGN_EVERY_S
        if self._due and now_s >= self._renew_at_s:
            running = [(slot.tasks[0], slot.claim) for _, _, slot in self._due]
            for first in range(0, len(running), 1000):
                part = running[first : first + 1000]
                held = [Held(task.campaign, task.task_id, claim) for task, claim in part]
                self._record.renew(held)
            self._renew_at_s = now_s + self._lease_s / 6

    def _end_due(self, now_s: float) -> None:
        outcomes, following, acknowledged = list[tuple[Outcome, str]](), list[Slot](), list[str]()
        while self._due and self._due[0][0] <= now_s:
            until_s, _, slot = heappop(self._due)
            self.busy.append((slot.begun_s, until_s))
            self.latest_s = max(self.latest_s, now_s - until_s)
            outcomes.append((_outcome(slot.tasks.popleft(), slot), slot.claim))
            slot.free_s = until_s
            if slot.tasks:
                following.append(slot)
            else:
                acknowledged.append(slot.tag)
                self._free.append(slot)
        if outcomes:
            self._record.finish_all(outcomes)
        if acknowledged:
            with self._client.pipeline(transaction=False) as pipe:
                pipe.zrem(self._keys.unacked_index("simulate"), *acknowledged)
                pipe.hdel(self._keys.unacked("simulate"), *acknowledged)
                pipe.execute()
        self._begin([(slot, slot.free_s) for slot in following])

    def _take(self, now_s: float) -> None:
        # A slot has had work since it was free if that waited already when it was looked last.
        queue = self._keys.queue("simulate")
        with self._client.pipeline(transaction=False) as pipe:
            pipe.rpop(queue, len(self._free))
            pipe.llen(queue)
            texts, left = pipe.execute()
        waited, self._waiting = self._waiting, left
        if not texts:
            return
        taken = list[tuple[Slot, float]]()
        unacked, index = dict[str, str](), dict[str, float]()
        for number, (text, slot) in enumerate(zip(texts, self._free, strict=False)):
            message = json.loads(text)
            slot.tag = message["properties"]["delivery_tag"]
            slot.tasks.extend(decode_task(each.encode()) for each in json.loads(message["body"])[0])
            unacked[slot.tag] = json.dumps([message, "", queue])
            index[slot.tag] = now_s
            taken.append((slot, slot.free_s if number < waited else now_s))
        del self._free[: len(texts)]
        with self._client.pipeline(transaction=False) as pipe:
            pipe.zadd(self._keys.unacked_index("simulate"), index)
            pipe.hset(self._keys.unacked("simulate"), mapping=unacked)
            pipe.execute()
        self._begin(taken)

    def _begin(self, slots: list[tuple[Slot, float]]) -> None:
        if not slots:
            return
        may = self._record.begin_all([(slot.tasks[0], slot.claim) for slot, _ in slots])
        for (slot, begun_s), runs in zip(slots, may, strict=True):
            if not runs:
                raise RuntimeError(f"{slot.tasks[0].task_id} was published though it had begun.")
            lasting_s = self._random.uniform(*self._lasting_s)
            if self.begun < self._slots:
                lasting_s *= self._random.random()  # so that slots do not end together
            self.begun += 1
            slot.begun_s, slot.until_s = begun_s, begun_s + lasting_s
            heappush(self._due, (slot.until_s, slot.claim, slot))


def _outcome(task: Task, slot: Slot) -> Outcome:
    assert isinstance(task.body, Simulate)
    result = Simulated(smiles=task.body.smiles, values=_VALUES, engine="fake", records=_RECORDS)
    outcome = ended(task, result, slot.claim, started_at=slot.begun_s, start=1)
    return outcome.model_copy(update={"ended_at": slot.until_s})
