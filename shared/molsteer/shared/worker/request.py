"""Celery's view of one task in the main process, extended by leases."""

from __future__ import annotations

import time
from contextlib import suppress

from billiard.einfo import ExceptionInfo, ExceptionWithTraceback
from billiard.exceptions import Terminated, TimeLimitExceeded, WorkerLostError
from celery.worker.request import Request

from molsteer.shared.bus.keys import message_id
from molsteer.shared.codec import decode_task
from molsteer.shared.errors import WireError
from molsteer.shared.worker.execution import timed_out


class LeasedRequest(Request):  # type: ignore[misc]  # Celery has no types
    """Looks after a task's lease when the task's process cannot.

    Order matters: a lease is given back before the message is, or whoever takes the message would
    find the task busy and drop it.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        # Headers are not signed: which task this is, and its limit, is what the message says.
        with suppress(WireError, ValueError):
            task = decode_task(self.message_text, self._app.plan.key_ring)
            self.id, self.time_limits = message_id(task.campaign, task.task_id), (task.max_s, None)

    def on_failure(
        self, exc_info: ExceptionInfo, send_failed_event: bool = True, return_ok: bool = False
    ) -> None:
        """Settle the lease, then let Celery decide about the message."""
        error = exc_info.exception
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        if self.worker_pid is not None:
            self._settle_lease(error)
        super().on_failure(exc_info, send_failed_event=send_failed_event, return_ok=return_ok)

    def acknowledge(self) -> None:
        """Let the message go, because its task has ended here."""
        limit_s, _ = self.time_limits
        if self.time_start and limit_s and not self.acknowledged:
            self._app.run_times.note(time.time() - self.time_start, float(limit_s))
        super().acknowledge()

    def cancel(self, pool: object, signal: object = None, emit_retry: bool = True) -> None:
        """Stop the task because the worker stops; its message goes back to the queue."""
        super().cancel(pool, signal=signal, emit_retry=emit_retry)
        if self.worker_pid is not None:
            self._app.aftermath.hand_back(self._app.aftermath.held(self.id, self.worker_pid))

    @property
    def message_text(self) -> bytes:
        """The task as steering wrote it."""
        (text,) = self.args
        return str(text).encode()

    def _settle_lease(self, error: BaseException) -> None:
        aftermath = self._app.aftermath
        held = aftermath.held(self.id, self.worker_pid)
        match error:
            case TimeLimitExceeded():
                max_s = float(self.time_limits[0])
                aftermath.report(
                    held, self.message_text, timed_out(max_s), self.time_start or time.time()
                )
            case _:
                aftermath.release(held)
        if isinstance(error, TimeLimitExceeded | WorkerLostError | Terminated | SystemExit):
            aftermath.clean_up(self.worker_pid)
