"""Keeps alive what the tasks of a running worker hold, from the worker's main process.

Renewing proves that the processes live, not that they get on: the hard limit of each task is for
that. It runs beside the pool, so that no task can starve it.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Protocol

from celery import bootsteps
from celery.worker import state

from molsteer.shared.bus.record import TaskRecord
from molsteer.shared.bus.workers import SIGN_EVERY_S, SignOfLife, WorkerInfo
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.worker.celery.lost_processes import Aftermath
from molsteer.shared.worker.celery.request import LeasedRequest
from molsteer.shared.worker.execution import cancelled
from molsteer.shared.worker.meter import Meter
from molsteer.shared.worker.plan import WorkerPlan

log = logging.getLogger(__name__)


class _Timer(Protocol):
    def cancel(self) -> None: ...


class Renewal(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Renews leases and unacknowledged messages, stops cancelled tasks, and shows signs of life."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer, **options: object) -> None:  # type: ignore[no-untyped-def]
        plan = consumer.app.plan
        self._period_s = plan.queue.lease_s / 6
        self._record = TaskRecord(plan.queue)
        self._sign = SignOfLife(plan.queue, _introduce(plan))
        self._meter = Meter(plan)
        self._timers: list[_Timer] = []
        super().__init__(consumer, **options)

    def start(self, consumer) -> None:  # type: ignore[no-untyped-def]
        """Begin when the worker is ready, and again after each lost connection."""
        every = consumer.timer.call_repeatedly
        self._timers = [
            every(self._period_s, self._renew, (consumer,)),
            every(SIGN_EVERY_S, self._show, (consumer,)),
            # Celery looks for dead processes every 5 s, and misses some in between.
            every(1.0, consumer.pool.maintain_pool),
        ]
        self._show(consumer)

    def stop(self, consumer) -> None:  # type: ignore[no-untyped-def]  # noqa: ARG002
        """End renewing."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []

    def shutdown(self, consumer) -> None:  # type: ignore[no-untyped-def]
        """End for good."""
        self.stop(consumer)
        self._meter.close()
        with suppress(ServiceUnavailable):
            self._sign.withdraw()

    def _show(self, consumer) -> None:  # type: ignore[no-untyped-def]
        try:
            self._sign.show(self._meter.read_when_due())
            consumer.app.pulse.hear_of_redis()
        except ServiceUnavailable as error:
            log.warning("No sign of life could be shown: %s", error)

    def _renew(self, consumer) -> None:  # type: ignore[no-untyped-def]
        channel = consumer.task_consumer.channel
        try:
            self._give_back_forgotten(channel)
            self._renew_messages(channel)
            self._renew_leases(consumer)
        except (ServiceUnavailable, *channel.connection_errors) as error:
            log.warning("Leases were not renewed: %s", error)

    def _give_back_forgotten(self, channel) -> None:  # type: ignore[no-untyped-def]
        # Celery logs an acknowledgement that met a broken connection, and forgets it; kombu counts
        # the message as held for ever, and takes no other in its place.
        held = {request.message.delivery_tag for request in tuple(state.reserved_requests)}
        for tag in set(channel.qos._delivered) - channel.qos._dirty - held:
            log.warning("A message whose acknowledgement was lost goes back to the queue.")
            channel.basic_reject(tag, requeue=True)

    def _renew_messages(self, channel) -> None:  # type: ignore[no-untyped-def]
        requests = [r for r in tuple(state.reserved_requests) if not r.acknowledged]
        if requests:
            scores = {request.message.delivery_tag: time.time() for request in requests}
            with channel.conn_or_acquire() as client:
                client.zadd(channel.unacked_index_key, scores, xx=True)

    def _renew_leases(self, consumer) -> None:  # type: ignore[no-untyped-def]
        # The lease of a younger task is fresh, and perhaps not taken yet. One that seems to begin
        # in the future began before the clock was set back.
        now = time.time()
        running: Sequence[LeasedRequest] = [
            request
            for request in tuple(state.active_requests)
            if not request.acknowledged
            if request.time_start and abs(now - request.now_at.began) > self._period_s
        ]
        aftermath: Aftermath = consumer.app.aftermath
        if not running:
            return
        at = [request.now_at for request in running]
        tasks = [each.held for each in at]
        self._record.renew(tasks)
        taken_back = self._record.are_cancelled(tasks)
        for request, each, is_taken_back in zip(running, at, taken_back, strict=True):
            if is_taken_back:
                aftermath.report(each.held, each.text, cancelled(), each.began)
                request.leave_rest_to_others()
                request.terminate(consumer.pool, "KILL")


def _introduce(plan: WorkerPlan) -> WorkerInfo:
    return WorkerInfo(
        version=version("molsteer-shared"),
        processes=plan.processes,
        topic=plan.topic,
        pool=plan.pool,
        node=plan.node,
        host=platform.node(),
        pid=os.getpid(),
        python=platform.python_version(),
        site=plan.site,
        stores=plan.stores.described,
    )
