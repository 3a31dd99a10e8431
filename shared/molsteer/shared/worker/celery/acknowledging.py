"""Takes and acknowledges messages with as few questions to Redis as that needs.

kombu asks once to note a message that was taken, and once to forget it, with a client for each.
Here an acknowledgement goes along with the next message that is noted, or a moment later. Until
then the message is held, so that a worker that dies leaves it to others, who find its task done.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

import redis
from celery import bootsteps
from kombu.transport import virtual
from redis.client import Pipeline

log = logging.getLogger(__name__)

WITHIN_S = 0.5
"""How long an acknowledgement waits for a message to go along with.

It is longer than any line takes there and back: one that goes alone holds the next message up.
"""


AGAIN_AFTER_S = 5.0
"""When it is sent again where Redis did not take it."""


class _Timer(Protocol):
    def cancel(self) -> None: ...


class Acknowledging(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Takes kombu's place where it notes and forgets messages.

    What could not be sent is kept over lost connections.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer, **options: object) -> None:  # type: ignore[no-untyped-def]
        self._ended: list[str] = []
        self._timer: _Timer | None = None
        self._state: Literal["open", "between connections", "ending"] = "between connections"
        super().__init__(consumer, **options)

    def start(self, consumer) -> None:  # type: ignore[no-untyped-def]
        """Begin with a channel, before it takes its first message."""
        self._call_after = consumer.timer.call_after
        self._channel = channel = consumer.task_consumer.channel
        self._client: redis.Redis = channel._create_client()
        ours = self._client

        @contextmanager
        def conn_or_acquire(client: redis.Redis | None = None) -> Iterator[redis.Redis]:
            yield client or ours

        def append(message: virtual.Message, tag: str) -> None:
            told = message.delivery_info
            held = json.dumps([message._raw, told["exchange"], told["routing_key"]])
            # In one go, and no transaction: what has no place in the hash is passed over.
            with ours.pipeline(transaction=False) as pipe:
                pipe.zadd(channel.unacked_index_key, {tag: time.time()})
                pipe.hset(channel.unacked_key, tag, held)
                self._forget(pipe)
            virtual.QoS.append(channel.qos, message, tag)  # type: ignore[no-untyped-call]

        def ack(tag: str) -> None:
            self._ended.append(tag)
            virtual.QoS.ack(channel.qos, tag)  # type: ignore[no-untyped-call]
            self._see_to()

        channel.conn_or_acquire = conn_or_acquire
        channel.qos.append, channel.qos.ack = append, ack
        self._state = "open"
        self._see_to()

    def stop(self, consumer) -> None:  # type: ignore[no-untyped-def]  # noqa: ARG002
        """Keep what waits for the next connection."""
        self._state = "between connections"
        self._let_timer_go()

    def shutdown(self, consumer) -> None:  # type: ignore[no-untyped-def]
        """Send what waits, and from now on everything at once, for no timer runs any more."""
        self.stop(consumer)
        self._state = "ending"
        self._see_to()

    def _see_to(self) -> None:
        if not self._ended:
            return
        match self._state:
            case "open":
                self._timer = self._timer or self._call_after(WITHIN_S, self._send)
            case "ending":
                self._send()
            case "between connections":
                pass  # they are sent on the next one

    def _send(self) -> None:
        self._timer = None
        try:
            with self._client.pipeline(transaction=False) as pipe:
                self._forget(pipe)
        except (redis.RedisError, *self._channel.connection_errors) as error:
            log.warning("Acknowledgements wait: %s", error)
            if self._state == "open":
                self._timer = self._call_after(AGAIN_AFTER_S, self._send)

    def _forget(self, pipe: Pipeline) -> None:
        ended = tuple(self._ended)
        if ended:
            pipe.zrem(self._channel.unacked_index_key, *ended)
            pipe.hdel(self._channel.unacked_key, *ended)
        pipe.execute()
        del self._ended[: len(ended)]
        if not self._ended:
            self._let_timer_go()

    def _let_timer_go(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
