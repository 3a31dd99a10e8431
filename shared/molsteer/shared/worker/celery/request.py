"""Celery's view of one task in the main process, extended by leases."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from billiard.einfo import ExceptionInfo, ExceptionWithTraceback
from billiard.exceptions import Terminated, TimeLimitExceeded, WorkerLostError
from celery import Task
from celery.exceptions import InvalidTaskError, Reject
from celery.worker.request import Request
from celery.worker.strategy import default
from kombu.message import Message

from molsteer.shared.bus.names import message_id
from molsteer.shared.errors import WireError
from molsteer.shared.wire.codec import decode_task
from molsteer.shared.worker.execution import timed_out


def take_text_alone(task: Task, *parts: object, **options: object) -> Callable[..., None]:
    """Turn messages into requests as Celery does, but without what nobody signed.

    Celery believes headers and whatever stands beside a task's arguments; the worker ends or hangs
    where those make no sense.
    """
    take = default(task, *parts, **options)

    def take_text(message: Message, *rest: object) -> None:
        match message.payload:
            case [[str()], dict(named), dict(then)] if not named and not any(then.values()):
                message.headers = {"task": task.name, "id": ""}
                take(message, *rest)
            case _:
                raise InvalidTaskError("Steering sends a text, and nothing beside it.")

    return take_text


class LeasedRequest(Request):  # type: ignore[misc]  # Celery has no types
    """Looks after a task's lease when the task's process cannot.

    Order matters: a lease is given back before the message is, or whoever takes the message would
    find the task busy and drop it.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        # Which task this is, and its limit, is what the signed part says.
        with suppress(WireError):
            task = decode_task(self.message_text, self._app.plan.key_ring)
            self.id, self.time_limits = message_id(task.campaign, task.task_id), (task.max_s, None)
            self._app.fetching.note(task)

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
            run_s = max(0.0, time.time() - self.time_start)
            self._app.run_times.note(run_s, float(limit_s))
            self._app.latest.note(run_s)
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
        return str(text).encode(errors="backslashreplace")

    def _settle_lease(self, error: BaseException) -> None:
        aftermath = self._app.aftermath
        held = aftermath.held(self.id, self.worker_pid)
        match error:
            case TimeLimitExceeded():
                max_s = float(self.time_limits[0])
                aftermath.report(
                    held, self.message_text, timed_out(max_s), self.time_start or time.time()
                )
            case Reject() | Terminated():
                aftermath.hand_back(held)
            case _:
                aftermath.lose(held)
        if isinstance(error, TimeLimitExceeded | WorkerLostError | Terminated | SystemExit):
            aftermath.clean_up(self.worker_pid)
