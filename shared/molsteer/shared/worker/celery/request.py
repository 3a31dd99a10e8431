"""Celery's view of one message in the main process, extended by the leases of its tasks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import redis
from billiard.einfo import ExceptionInfo, ExceptionWithTraceback
from billiard.exceptions import Terminated, TimeLimitExceeded, WorkerLostError
from celery import Task
from celery.exceptions import InvalidTaskError, Reject
from celery.worker.request import Request
from celery.worker.strategy import default
from kombu.message import Message

from molsteer.shared.bus.celery_app import celery_message
from molsteer.shared.bus.names import message_id
from molsteer.shared.bus.record import Held
from molsteer.shared.errors import WireError
from molsteer.shared.wire.codec import decode_task
from molsteer.shared.wire.messages import Task as TaskMessage
from molsteer.shared.worker.execution import PACKET_MOST_S, timed_out
from molsteer.shared.worker.place import read_place

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class At:
    """The task of a message that its process is at.

    Attributes:
        index: The task in the message, from 0.
        held: The task, and the process.
        text: The task as steering wrote it.
        began: When it began, in seconds of the Unix epoch.
    """

    index: int
    held: Held
    text: bytes
    began: float


def take_texts_alone(task: Task, *parts: object, **options: object) -> Callable[..., None]:
    """Turn messages into requests as Celery does, but without what nobody signed.

    Celery believes headers and whatever stands beside a task's arguments; the worker ends or hangs
    where those make no sense.
    """
    take = default(task, *parts, **options)

    def take_texts(message: Message, *rest: object) -> None:
        match message.payload:
            case [[str(), *others], dict(named), dict(then)] if (
                not named and not any(then.values()) and all(isinstance(o, str) for o in others)
            ):
                message.headers = {"task": task.name, "id": ""}
                take(message, *rest)
            case _:
                raise InvalidTaskError("Steering sends texts, and nothing beside them.")

    return take_texts


class LeasedRequest(Request):  # type: ignore[misc]  # Celery has no types
    """Looks after the lease of a task when the task's process cannot.

    Order matters: a lease is given back before the message is, or whoever takes the message would
    find the task busy and drop it.
    """

    _accepted_s: float = 0.0
    _limit_s: float = 0.0
    _left_from: int | None = None

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        # Which task this is, and its limit, is what the signed part says.
        for task in islice(self._readable(), 1):
            spare_s = PACKET_MOST_S if self._is_packet else 0.0
            self.id, self._limit_s = message_id(task.campaign, task.task_id), task.max_s
            self.time_limits = (task.max_s + spare_s, None)
            self._app.fetching.note(task)

    def on_accepted(self, pid: int, time_accepted: float) -> None:
        """Take note of the process that does it."""
        self._accepted_s = time_accepted
        super().on_accepted(pid, time_accepted)

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
            self._app.aftermath.hand_back(self._held)

    @property
    def now_at(self) -> At:
        """The task that its process is at; the first one where that has not said more."""
        place = read_place(self._app.plan.scratch, self.worker_pid) if self._is_packet else None
        texts, index, began = self._texts, 0, self.time_start or time.time()
        # What is older was noted for another message.
        if place and place.since_s >= self._accepted_s and place.index < len(texts):
            index, began = place.index, place.began
        name = self._name(texts[index]) if index else self.id
        return At(index, self._app.aftermath.held(name, self.worker_pid), texts[index], began)

    def leave_rest_to_others(self) -> None:
        """Let whoever is free begin the tasks that come after this one, each alone.

        The message still has them: its process leaves alone what others have begun.
        """
        after = self.now_at.index + 1
        if not self._is_packet or self._left_from == after:
            return
        queue = self._app.plan.keys.queue(self._app.plan.topic)
        rest = [text for text in self._texts[after:] if self._name(text)]
        messages = [
            celery_message(self.task.name, [self._name(text)], queue, [text.decode()])
            for text in reversed(rest)  # the last one is taken first
        ]
        channel = self.message.channel
        try:
            if messages:
                with channel.conn_or_acquire() as client:
                    client.rpush(queue, *messages)
            self._left_from = after
        except (redis.RedisError, *channel.connection_errors) as error:
            log.warning("Tasks wait for one that takes long: %s", error)

    @property
    def _texts(self) -> list[bytes]:
        """The tasks as steering wrote them."""
        return [str(text).encode(errors="backslashreplace") for text in self.args]

    @property
    def _is_packet(self) -> bool:
        return len(self.args) > 1

    @property
    def _held(self) -> list[Held]:
        names = [self.id]
        if self._is_packet:
            names = [message_id(task.campaign, task.task_id) for task in self._readable()]
        return [self._app.aftermath.held(name, self.worker_pid) for name in names]

    def _readable(self) -> Iterator[TaskMessage]:
        """Give its tasks, as far as they can be trusted."""
        for text in self._texts:
            with suppress(WireError):
                yield decode_task(text, self._app.plan.key_ring)

    def _name(self, text: bytes) -> str:
        with suppress(WireError):
            task = decode_task(text, self._app.plan.key_ring)
            return message_id(task.campaign, task.task_id)
        return ""

    def _settle_lease(self, error: BaseException) -> None:
        aftermath = self._app.aftermath
        match error:
            case TimeLimitExceeded():
                at = self.now_at
                aftermath.report(at.held, at.text, timed_out(self._limit_s), at.began)
                self.leave_rest_to_others()
            case Reject() | Terminated():
                aftermath.hand_back(self._held)
            case _:
                aftermath.lose(self._held)
        if isinstance(error, TimeLimitExceeded | WorkerLostError | Terminated | SystemExit):
            aftermath.clean_up(self.worker_pid)
