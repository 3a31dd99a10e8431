"""What becomes of a task whose process ended, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from billiard.exceptions import Terminated, TimeLimitExceeded, WorkerLostError
from celery.exceptions import Reject
from celery.worker.request import Request

from molsteer.shared.bus.record import Held
from molsteer.shared.worker.celery.request import LeasedRequest

pytestmark = pytest.mark.fast


class Notes(list[str]):
    """Stands for what looks after lost processes, and writes down what it was asked."""

    def held(self, message_id: str, pid: int) -> Held:
        campaign, _, task_id = message_id.partition(":")
        return Held(campaign, task_id, str(pid))

    def lose(self, packet: Sequence[Held]) -> None:
        self.extend(f"lose {held.task_id} of {held.claim}" for held in packet)

    def hand_back(self, packet: Sequence[Held]) -> None:
        self.extend(f"hand back {held.task_id} of {held.claim}" for held in packet)

    def report(self, held: Held, message: bytes, *_: object) -> None:
        self.append(f"report {held.task_id}: {message.decode()}")

    def clean_up(self, pid: int) -> None:
        self.append(f"clean up {pid}")


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Notes:
    found = Notes()
    monkeypatch.setattr(Request, "on_failure", lambda *_, **__: found.append("message"))
    monkeypatch.setattr(Request, "cancel", lambda *_, **__: found.append("killed"))
    return found


def request(notes: Notes, pid: int | None = 17) -> LeasedRequest:
    made = object.__new__(LeasedRequest)
    made._app = SimpleNamespace(aftermath=notes)
    made._args, made.id, made.worker_pid = ["text"], "campaign:task", pid
    made.time_limits, made.time_start = (1.0, None), 1.0
    return made


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (WorkerLostError("signal 9"), ["lose task of 17", "clean up 17", "message"]),
        (SystemExit(1), ["lose task of 17", "clean up 17", "message"]),
        (MemoryError(), ["lose task of 17", "message"]),
        (Terminated(9), ["hand back task of 17", "clean up 17", "message"]),
        (Reject("Redis is away", requeue=True), ["hand back task of 17", "message"]),
        (TimeLimitExceeded(1.0), ["report task: text", "clean up 17", "message"]),
    ],
)
def test_the_task_is_free_before_its_message_is(
    notes: Notes, error: BaseException, told: list[str]
) -> None:
    request(notes).on_failure(SimpleNamespace(exception=error))
    assert notes == told


def test_a_task_that_no_process_took_has_no_lease_to_give_back(notes: Notes) -> None:
    request(notes, pid=None).on_failure(SimpleNamespace(exception=WorkerLostError()))
    request(notes, pid=None).cancel(pool=None)
    assert notes == ["message", "killed"]


def test_a_task_is_handed_back_after_its_process_was_told_to_end(notes: Notes) -> None:
    request(notes).cancel(pool=None)
    assert notes == ["killed", "hand back task of 17"]
