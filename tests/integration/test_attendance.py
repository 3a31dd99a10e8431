"""How often a campaign tells that nobody serves a pool."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pytest
from support.redis_server import tcp_server

from molsteer.shared.bus.workers import SignOfLife, WorkerInfo
from molsteer.shared.settings.sections import QueueSettings
from molsteer.steering.sites.watch import AGAIN_AFTER_S, REMIND_AFTER_S, Attendance


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


def test_one_of_several_workers_that_vanishes_is_named_with_when_it_was_last_seen(
    queue: QueueSettings,
) -> None:
    roll = Attendance(queue, {"simulate": "default"}, begun_at=0.0, next_at=0.0)
    steady, cut_off = (
        SignOfLife(queue, WorkerInfo.model_validate(WORKER | {"host": host, "version": OURS}))
        for host in ("steady", "cut-off")
    )
    steady.show()
    cut_off.show()
    noon = datetime(2026, 1, 1, 12).astimezone().timestamp()
    assert roll.complaints(noon) == []
    cut_off.withdraw()
    assert roll.complaints(noon + 1.0) == [], "it is not called yet"
    (complaint,) = roll.complaints(noon + AGAIN_AFTER_S)
    assert "simulate worker with process 1 on cut-off is not seen any more" in complaint
    assert "last seen at 12:00:00. Others of its pool 'default' take its tasks over." in complaint
    assert roll.complaints(noon + 2 * AGAIN_AFTER_S) == [], "it is told once"
    cut_off.show()
    assert roll.complaints(noon + 3 * AGAIN_AFTER_S) == []
    steady.withdraw()
    cut_off.withdraw()
    (complaint,) = roll.complaints(noon + 4 * AGAIN_AFTER_S)
    assert "No worker serves the pool" in complaint


def test_a_site_that_is_cut_off_is_told_in_a_few_sentences(queue: QueueSettings) -> None:
    roll = Attendance(queue, {"simulate": "default"}, begun_at=0.0, next_at=0.0)
    workers = [
        SignOfLife(queue, WorkerInfo.model_validate(WORKER | {"pid": pid, "version": OURS}))
        for pid in range(1, 10)
    ]
    for worker in workers:
        worker.show()
    assert roll.complaints(0.0) == []
    for worker in workers[1:]:
        worker.withdraw()
    complaints = roll.complaints(AGAIN_AFTER_S)
    assert len(complaints) == 6
    assert complaints[-1] == "3 more workers are not seen any more."


OURS = version("molsteer-shared")

WORKER = {
    "version": "1",
    "processes": 1,
    "topic": "simulate",
    "host": "node",
    "pid": 1,
    "python": "3",
}
