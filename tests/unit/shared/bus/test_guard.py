"""How long a worker waits for Redis to come back."""

from __future__ import annotations

import pytest
from support.tasks import outcome_of, simulate_task

from molsteer.shared.bus.guard import RedisGuard
from molsteer.shared.bus.port import Run, Verdict
from molsteer.shared.bus.record import TaskRecord
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.messages import Outcome, Task

pytestmark = pytest.mark.fast


class FlakyRecord(TaskRecord):
    """A record that cannot be reached at first."""

    def __init__(self, failures: int) -> None:
        super().__init__(QueueSettings())
        self.failures = failures
        self.begun: list[tuple[str, str]] = []
        self.finished: list[tuple[str, str]] = []
        self.buried: list[tuple[bytes, str]] = []

    def begin(self, task: Task, claim: str) -> Verdict:
        self._fail()
        self.begun.append((task.task_id, claim))
        return Run(start=1)

    def finish(self, outcome: Outcome, claim: str) -> bool:
        self._fail()
        self.finished.append((outcome.task_id, claim))
        return True

    def bury(self, data: bytes, reason: str) -> None:
        self._fail()
        self.buried.append((data, reason))

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ServiceUnavailable("Redis", "host", "it is away", "Wait.")


def test_an_outcome_is_handed_over_when_redis_is_back() -> None:
    record = FlakyRecord(failures=2)
    task = simulate_task()
    assert RedisGuard(record, "node/1", patience_s=5.0).finish(outcome_of(task))
    assert record.finished == [(task.task_id, "node/1")]


def test_a_task_begins_when_redis_is_back() -> None:
    record, task = FlakyRecord(failures=2), simulate_task()
    assert RedisGuard(record, "node/1", patience_s=5.0).begin(task) == Run(start=1)
    assert record.begun == [(task.task_id, "node/1")]


def test_what_cannot_be_read_is_put_aside_when_redis_is_back() -> None:
    record = FlakyRecord(failures=2)
    RedisGuard(record, "node/1", patience_s=5.0).bury(b"data", "It is no message.")
    assert record.buried == [(b"data", "It is no message.")]


def test_an_outage_that_lasts_is_told_in_the_end() -> None:
    guard = RedisGuard(FlakyRecord(failures=1000), "node/1", patience_s=0.3)
    with pytest.raises(ServiceUnavailable, match="it is away"):
        guard.finish(outcome_of(simulate_task()))
