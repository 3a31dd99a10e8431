"""Ends a worker before its batch job does, from the worker's main process."""

from __future__ import annotations

import logging
import signal
import time

from celery import bootsteps
from celery.worker import state

from molsteer.shared.worker.walltime import Walltime

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0


class Departure(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Closes the door to tasks that will not fit any more, and has the worker leave in time."""

    requires = ("molsteer.shared.worker.celery.ahead:Ahead",)

    def __init__(self, consumer, **options: object) -> None:  # type: ignore[no-untyped-def]
        self._walltime: Walltime = consumer.app.plan.walltime
        self._run_times = consumer.app.run_times
        self._takes_tasks = self._leaves = False
        super().__init__(consumer, **options)

    def start(self, consumer) -> None:  # type: ignore[no-untyped-def]
        """Begin when the worker is ready, and again after each lost connection."""
        channel = consumer.task_consumer.channel
        has_room = channel.qos.can_consume
        # What Redis was asked for already must be read, or a message could be lost.
        channel.qos.can_consume = lambda: (self._takes_tasks or channel._in_poll) and has_room()
        self._takes_tasks = self._advice(at_work=True) == "work"
        self._timer = consumer.timer.call_repeatedly(_LOOK_EVERY_S, self._look, (channel,))

    def stop(self, consumer) -> None:  # type: ignore[no-untyped-def]  # noqa: ARG002
        """End looking at the clock."""
        self._timer.cancel()

    def _look(self, channel) -> None:  # type: ignore[no-untyped-def]
        at_work = bool(state.reserved_requests) or bool(channel._in_poll)
        match self._advice(at_work=at_work):
            case "work":
                self._takes_tasks = True
            case "finish":
                self._takes_tasks = False
            case "leave" if not self._leaves:
                self._takes_tasks, self._leaves = False, True
                log.warning("The worker leaves, because its batch job ends soon.")
                signal.raise_signal(signal.SIGTERM)

    def _advice(self, *, at_work: bool) -> str:
        expected_s = self._run_times.expected_s(self._walltime.expected_task_s)
        return self._walltime.advice(time.time(), expected_s, at_work=at_work)
