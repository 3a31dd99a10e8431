"""Writes down that a worker gets on, from its main process's event loop."""

from __future__ import annotations

from celery import bootsteps
from celery.worker import state

_BEAT_EVERY_S = 1.0


class VitalSigns(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Lets the worker's pulse beat as long as its event loop turns."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer) -> None:  # type: ignore[no-untyped-def]
        """Begin when the worker is ready, and again after each lost connection."""
        pulse = consumer.app.pulse
        pulse.connect(connected=True)
        self._timer = consumer.timer.call_repeatedly(
            _BEAT_EVERY_S, lambda: pulse.beat(len(state.active_requests))
        )

    def stop(self, consumer) -> None:  # type: ignore[no-untyped-def]
        """Stand still while Redis is waited for."""
        self._timer.cancel()
        consumer.app.pulse.connect(connected=False)
