"""Ends a worker whose block is not wanted any more, from the worker's main process."""

from __future__ import annotations

import logging
import os
import platform
import signal
import threading

from celery import bootsteps

from molsteer.shared.bus.workers import SIGN_EVERY_S
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.worker.blocks import WantedBlock
from molsteer.shared.worker.plan import WorkerPlan

log = logging.getLogger(__name__)

ALONE_S = 600.0
"""How long a worker that nobody can reach waits for Redis to come back."""


class Dismissal(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Asks now and then whether the block is wanted; without an answer for long, it is not."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer, **options: object) -> None:  # type: ignore[no-untyped-def]
        plan: WorkerPlan = consumer.app.plan
        self._block = WantedBlock(plan.queue, plan.topic, plan.block)
        self._leaves = False
        self._alone: threading.Timer | None = None
        super().__init__(consumer, **options)

    def start(self, consumer) -> None:  # type: ignore[no-untyped-def]
        """Begin when the worker is ready, and again after each lost connection."""
        if self._alone is not None:
            self._alone.cancel()
        self._timer = consumer.timer.call_repeatedly(SIGN_EVERY_S, self._look)

    def stop(self, consumer) -> None:  # type: ignore[no-untyped-def]  # noqa: ARG002
        """Wait for Redis to come back, but not for ever."""
        self._timer.cancel()
        # The event loop stands still meanwhile.
        self._alone = threading.Timer(ALONE_S, os.kill, (os.getpid(), signal.SIGTERM))
        self._alone.daemon = True
        self._alone.start()

    def _look(self) -> None:
        try:
            wanted = self._block.show(platform.node())
        except ServiceUnavailable as error:
            log.warning("Nobody tells whether this block is wanted: %s", error)
            return
        if not wanted and not self._leaves:
            self._leaves = True
            log.warning("The worker leaves, because its block is not wanted any more.")
            signal.raise_signal(signal.SIGTERM)
