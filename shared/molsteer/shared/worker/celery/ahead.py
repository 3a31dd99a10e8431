"""Fetches the next task while the last one runs, as long as tasks are short.

A worker takes as many messages as it has processes: what it took and cannot begin would wait here
while others are idle. Where tasks take a moment, fetching takes as long as they do. There the next
message of each process is taken in advance, and given back as soon as a task turns out to be long.
"""

from __future__ import annotations

import logging
import time
from collections import deque

from celery import bootsteps
from celery.worker import state
from celery.worker.request import Request

log = logging.getLogger(__name__)

SHORT_S = 2.0
"""Tasks are short that take no longer than this; so long a message may wait for its process."""

_REMEMBERED = 16
_LOOK_EVERY_S = 0.5


class Latest:
    """Tells from the latest tasks of a worker whether the next one will be short."""

    def __init__(self) -> None:
        self._seen_s: deque[float] = deque(maxlen=_REMEMBERED)
        self.are_short = False

    def note(self, run_s: float) -> None:
        """Remember a task that ended; it takes several to believe that they are short."""
        self._seen_s.append(run_s)
        full = len(self._seen_s) == _REMEMBERED
        self.are_short = full and max(self._seen_s) <= SHORT_S

    def forget(self) -> None:
        """Believe nothing any more, for a task runs for longer."""
        self._seen_s.clear()
        self.are_short = False


class Ahead(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Decides how many messages a worker may hold."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer, **options: object) -> None:  # type: ignore[no-untyped-def]
        self._timer = None
        super().__init__(consumer, **options)

    def start(self, consumer) -> None:  # type: ignore[no-untyped-def]
        """Begin when the worker is ready, and again after each lost connection."""
        qos = consumer.task_consumer.channel.qos
        latest: Latest = consumer.app.latest

        def can_consume() -> bool:
            held: int = len(qos._delivered) - len(qos._dirty)
            wanted: int = qos.prefetch_count * (2 if latest.are_short else 1)
            return held < wanted

        qos.can_consume = can_consume
        self._timer = consumer.timer.call_repeatedly(_LOOK_EVERY_S, self._look, (consumer, latest))

    def stop(self, consumer) -> None:  # type: ignore[no-untyped-def]  # noqa: ARG002
        """End looking for long tasks."""
        if self._timer:
            self._timer.cancel()

    def _look(self, consumer, latest: Latest) -> None:  # type: ignore[no-untyped-def]
        now = time.time()
        begun = [request for request in tuple(state.active_requests) if request.time_start]
        # One that seems to begin in the future began before the clock was set back.
        long = [request for request in begun if abs(now - request.now_at.began) > SHORT_S]
        for request in long:
            request.leave_rest_to_others()
        if latest.are_short and long:
            latest.forget()
            self._give_back(consumer.controller.semaphore._waiting)

    def _give_back(self, waiting: deque[tuple[object, tuple[Request], object]]) -> None:
        while waiting:
            _, (request,), _ = waiting.popleft()
            request.reject(requeue=True)
            state.task_ready(request)
            log.info("A message goes back to the queue, for a task takes long here.")
