"""Steering's side of the bus, over Redis."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from redis.client import Pipeline

from molsteer.shared.bus.celery_app import celery_message, message_ids, task_name
from molsteer.shared.bus.connection import BLOCK_S, as_bytes, connect, connect_once, reaching
from molsteer.shared.bus.foreseen.board import ForeseenBoard
from molsteer.shared.bus.names import RETIRED, Keys, message_id, parse_message_id
from molsteer.shared.bus.port import Packet, Whereabouts
from molsteer.shared.bus.record import CAMPAIGN_EXPIRE_S, TaskRecord
from molsteer.shared.bus.scripts import SETTLE
from molsteer.shared.bus.unclaimed import Strays
from molsteer.shared.errors import WireError
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.blob import ObjRef
from molsteer.shared.wire.codec import decode_outcome, encode
from molsteer.shared.wire.key_ring import UNSIGNED, KeyRing
from molsteer.shared.wire.messages import Outcome, Task
from molsteer.shared.wire.topics import TOPICS, Topic

AT_ONCE_BYTES = 1_000_000
"""Messages of this size go to the server, before more of them are written."""


class RedisDispatch:
    """Publishes tasks of one campaign and collects their outcomes.

    Args:
        queue: Where the queues are.
        campaign: Whose tasks these are.
        pools: Which pool of workers each topic's tasks go to; the default one if not in here.
        key_ring: What tasks are signed with, and outcomes must be signed with.

    Raises:
        ServiceUnavailable: If Redis does not answer or refuses us.
    """

    def __init__(
        self,
        queue: QueueSettings,
        campaign: str,
        pools: Mapping[Topic, str] | None = None,
        key_ring: KeyRing = UNSIGNED,
    ) -> None:
        self._url, self._campaign, self._key_ring = queue.server_url, campaign, key_ring
        self._keys = Keys(queue.prefix, pools or {})
        self._client = connect_once(self._url)
        self._record = TaskRecord(queue)
        self._settle = self._client.register_script(SETTLE)
        self._publisher = connect(self._url, sends_bytes=2 * AT_ONCE_BYTES)
        self._foreseen = {
            topic: ForeseenBoard(queue, self._keys, topic, key_ring) for topic in TOPICS
        }
        self._strays = Strays(patience_s=2.0 * queue.lease_s)
        with reaching(self._url):
            self._client.srem(self._keys.closed(campaign), RETIRED)

    def publish(self, *messages: Task | Packet) -> Sequence[int]:
        """Put tasks into their topics' queues, in this order; repeating it is harmless."""
        sizes, waiting, waiting_bytes = list[int](), defaultdict[str, list[str]](list), 0
        for message in messages:
            tasks = message if isinstance(message, tuple) else (message,)
            texts = [encode(task, self._key_ring) for task in tasks]
            sizes += map(len, texts)
            queue, text = self._message(tasks, texts)
            waiting[queue].append(text)
            waiting_bytes += len(text)
            if waiting_bytes > AT_ONCE_BYTES:
                self._push(waiting)
                waiting_bytes = 0
        self._push(waiting)
        return sizes

    def _push(self, waiting: dict[str, list[str]]) -> None:
        """Put messages into their queues, each queue's with one command."""
        with reaching(self._url), self._publisher.pipeline(transaction=False) as pipe:
            for queue, texts in waiting.items():
                pipe.lpush(queue, *texts)
            pipe.execute()
        waiting.clear()

    def _message(self, tasks: Packet, texts: Sequence[bytes]) -> tuple[str, str]:
        (topic,) = {task.topic for task in tasks}
        names = [message_id(task.campaign, task.task_id) for task in tasks]
        queue = self._keys.queue(topic)
        told = [text.decode() for text in texts]
        return queue, celery_message(task_name(topic), names, queue, told)

    def collect(self, timeout_s: float) -> Sequence[Outcome]:
        """Wait until outcomes are there or the time is over; return all that are not settled."""
        deadline = time.monotonic() + timeout_s
        while True:
            # Whoever looks before the bell rings finds a part of a packet, and looks again soon.
            wait_s = min(deadline - time.monotonic(), BLOCK_S)
            if wait_s > 0:
                with reaching(self._url):
                    self._client.blpop([self._keys.doorbell(self._campaign)], timeout=wait_s)
            outcomes = self._unsettled()
            if outcomes or time.monotonic() >= deadline:
                return outcomes

    def settle(self, task_ids: Collection[str]) -> None:
        """Forget everything about tasks whose outcome is recorded; repeating it is harmless."""
        if not task_ids:
            return
        keys = [
            self._keys.outcomes(self._campaign),
            self._keys.starts(self._campaign),
            self._keys.closed(self._campaign),
        ]
        with reaching(self._url):
            self._settle(keys, (CAMPAIGN_EXPIRE_S, *task_ids))

    def cancel(self, task_ids: Collection[str]) -> None:
        """Take tasks back: none of them begins any more, and holders are asked to stop."""
        if not task_ids:
            return
        with reaching(self._url), self._client.pipeline() as pipe:
            self._close(pipe, task_ids)
            pipe.execute()

    def withdraw(self, tasks: Collection[tuple[Topic, str]]) -> None:
        """Take messages that no worker has taken out of the queues, until they are put again."""
        names = {message_id(self._campaign, task_id) for _, task_id in tasks}
        with reaching(self._url):
            for queue in sorted({self._keys.queue(topic) for topic, _ in tasks}):
                for message in self._client.lrange(queue, 0, -1):
                    if names.intersection(message_ids([as_bytes(message)])):
                        self._client.lrem(queue, 0, message)  # type: ignore[arg-type] # takes bytes

    def reopen(self, task_ids: Collection[str]) -> int:
        """Let tasks begin again that were settled or taken back; tell how many of them were."""
        if not task_ids:
            return 0
        with reaching(self._url):
            return int(self._client.srem(self._keys.closed(self._campaign), *task_ids))

    def bury(self, outcome: Outcome, reason: str) -> None:
        """Put an outcome that cannot be recorded aside for a human; its task may begin again."""
        self._bury(outcome.task_id.encode(), outcome.model_dump_json().encode(), reason)

    def whereabouts(self, tasks: Collection[tuple[Topic, str]]) -> Mapping[str, Whereabouts]:
        """Tell where each task is; one that is `absent` was lost and may be published again."""
        if not tasks:
            return {}
        ids = [task_id for _, task_id in tasks]
        topics = sorted({topic for topic, _ in tasks})
        with reaching(self._url), self._client.pipeline() as pipe:
            pipe.hmget(self._keys.outcomes(self._campaign), ids)
            pipe.mget([self._keys.lease(self._campaign, task_id) for task_id in ids])
            for topic in topics:
                pipe.lrange(self._keys.queue(topic), 0, -1)
                pipe.hvals(self._keys.unacked(topic))
            outcomes, leases, *messages = pipe.execute()
        waiting, taken = ({*chain(*map(message_ids, messages[kind::2]))} for kind in (0, 1))
        names = [message_id(self._campaign, task_id) for task_id in ids]
        held = {name for name, lease in zip(names, leases, strict=True) if lease is not None}
        strays = taken.intersection(names) - waiting - held
        there = (waiting | taken) - self._strays.given_up(strays)
        return {
            task_id: _locate(outcome, lease, name in there)
            for task_id, name, outcome, lease in zip(ids, names, outcomes, leases, strict=True)
        }

    def foresee(self, topic: Topic, refs: Sequence[ObjRef]) -> None:
        """Tell what the tasks of a topic will need, instead of what was told before."""
        self._foreseen[topic].write(self._campaign, refs)

    def retire(self) -> None:
        """Remove every trace of the campaign but which tasks must not begin; that expires."""
        for topic in TOPICS:
            self.foresee(topic, ())
        with reaching(self._url), self._client.pipeline() as pipe:
            for topic in TOPICS:
                self._forget_waiting(pipe, topic)
                self._forget_taken(pipe, topic)
            self._close(pipe, [RETIRED])
            pipe.delete(
                self._keys.outcomes(self._campaign),
                self._keys.doorbell(self._campaign),
                self._keys.starts(self._campaign),
            )
            pipe.execute()

    def close(self) -> None:
        """Release connections; queued tasks and outcomes stay."""
        self._publisher.close()
        self._record.close()
        for board in self._foreseen.values():
            board.close()
        self._client.close()

    def _close(self, pipe: Pipeline, task_ids: Collection[str]) -> None:
        pipe.sadd(self._keys.closed(self._campaign), *task_ids)
        pipe.expire(self._keys.closed(self._campaign), CAMPAIGN_EXPIRE_S)

    def _forget_waiting(self, pipe: Pipeline, topic: Topic) -> None:
        # Of pools that nobody serves any more: nobody would ever take them out of the queue.
        queue = self._keys.queue(topic)
        for message in self._client.lrange(queue, 0, -1):
            if self._owns(as_bytes(message)):
                pipe.lrem(queue, 0, message)  # type: ignore[arg-type] # takes bytes

    def _forget_taken(self, pipe: Pipeline, topic: Topic) -> None:
        # Of workers that died; those who live find out that their task is not wanted any more.
        taken = self._client.hgetall(self._keys.unacked(topic))
        tags = [tag for tag, message in taken.items() if self._owns(as_bytes(message))]
        if tags:
            pipe.zrem(self._keys.unacked_index(topic), *tags)
            pipe.hdel(self._keys.unacked(topic), *tags)

    def _owns(self, message: bytes) -> bool:
        return any(parse_message_id(name)[0] == self._campaign for name in message_ids([message]))

    def _unsettled(self) -> list[Outcome]:
        # The bell is silenced before reading: one that rings in between is heard next time. No
        # transaction, for a server whose memory is full refuses those.
        with reaching(self._url), self._client.pipeline(transaction=False) as pipe:
            pipe.delete(self._keys.doorbell(self._campaign))
            pipe.hgetall(self._keys.outcomes(self._campaign))
            _, stored = pipe.execute()
        return list(self._readable(stored))

    def _readable(self, stored: Mapping[bytes, bytes]) -> Iterator[Outcome]:
        for name, data in stored.items():
            try:
                outcome = decode_outcome(data, self._key_ring)
                if (outcome.campaign, outcome.task_id.encode()) != (self._campaign, name):
                    raise WireError(f"An outcome of {outcome.task_id} lies under {name!r}.")
            except WireError as error:
                self._bury(name, data, str(error))
            else:
                yield outcome

    def _bury(self, name: bytes, data: bytes, reason: str) -> None:
        self._record.bury(data, reason)
        with reaching(self._url):
            self._client.hdel(self._keys.outcomes(self._campaign), name)


def _locate(outcome: bytes | None, lease: bytes | None, waiting: bool) -> Whereabouts:
    if outcome is not None:
        return "finished"
    if lease is not None:
        return "running"
    return "queued" if waiting else "absent"
