"""Takes and acknowledges messages with as few questions to Redis as that needs.

kombu asks once to note a message that was taken, and once to forget it, with a client for each. An acknowledgement goes along with the next message that is noted, or a moment later. Until
then the message is held, so that a worker that dies leaves it to others, who find its task done.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import redis
from celery import bootsteps
from kombu.transport import virtual

log = logging.getLogger(__name__)

WITHIN_S = 0.05
"""How long an acknowledgement waits for a message to go along with."""


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
        self._is_open = False
        super().__init__(consumer, **options)

    def start(self, consumer) -> None:  # type: ignore[no-untyped-def]
        """Begin with a channel, before it takes its first message."""
        channel = consumer.task_consumer.channel
        client: redis.Redis = channel._create_client()

        @contextmanager
        def conn_or_acquire(given: redis.Redis | None = None) -> Iterator[redis.Redis]:
            yield given or client

        def append(message: virtual.Message, tag: str) -> None:
            told = message.delivery_info
            held = json.dumps([message._raw, told["exchange"], told["routing_key"]])
            with client.pipeline() as pipe:
                pipe.zadd(channel.unacked_index_key, {tag: time.time()})
                pipe.hset(channel.unacked_key, tag, held)
                self._forget(channel, pipe)
            virtual.QoS.append(channel.qos, message, tag)

        def ack(tag: str) -> None:
            self._ended.append(tag)
            virtual.QoS.ack(channel.qos, tag)
            if self._is_open:
                self._timer = self._timer or consumer.timer.call_after(WITHIN_S, flush)
            else:  # no timer runs while a worker ends
                flush()

        def flush() -> None:
            self._timer = None
            try:
                with client.pipeline() as pipe:
                    self._forget(channel, pipe)
            except channel.connection_errors as error:
                log.warning("Acknowledgements wait: %s", error)

        channel.conn_or_acquire = conn_or_acquire
        channel.qos.append, channel.qos.ack = append, ack
        self._flush, self._is_open = flush, True

    def stop(self, consumer) -> None:  # type: ignore[no-untyped-def]  # noqa: ARG002
        """Send what waits, and from now on everything at once."""
        self._is_open = False
        if self._timer:
            self._timer.cancel()
        if self._ended:
            self._flush()

    def _forget(self, channel, pipe) -> None:  # type: ignore[no-untyped-def]
        ended = tuple(self._ended)
        if ended:
            pipe.zrem(channel.unacked_index_key, *ended)
            pipe.hdel(channel.unacked_key, *ended)
        pipe.execute()
        del self._ended[: len(ended)]
