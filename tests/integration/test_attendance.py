"""How often a campaign tells that nobody serves a pool."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.redis_server import tcp_server

from molsteer.shared.bus.workers import SignOfLife, WorkerInfo
from molsteer.shared.settings.sections import QueueSettings
from molsteer.steering.attendance import AGAIN_AFTER_S, REMIND_AFTER_S, Attendance


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[QueueSettings]:
    with tcp_server(tmp_path) as server:
        yield QueueSettings(redis_url=server.url)


def test_a_pool_without_workers_is_told_once_and_again_when_its_last_worker_has_gone(
    queue: QueueSettings,
) -> None:
    roll = Attendance(queue, {"simulate": "default"}, begun_at=0.0, next_at=0.0)
    (complaint,) = roll.complaints(0.0)
    assert "No worker serves the pool 'default' of simulate" in complaint
    assert roll.complaints(AGAIN_AFTER_S) == []
    assert roll.complaints(REMIND_AFTER_S) == [complaint]
    worker = SignOfLife(queue, WorkerInfo.model_validate(WORKER))
    worker.show()
    assert not [each for each in roll.complaints(REMIND_AFTER_S + 20.0) if "No worker" in each]
    worker.withdraw()
    assert roll.complaints(REMIND_AFTER_S + 40.0) == [complaint]


WORKER = {
    "version": "1",
    "processes": 1,
    "topic": "simulate",
    "host": "node",
    "pid": 1,
    "python": "3",
}
