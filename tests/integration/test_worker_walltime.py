"""Workers whose batch job ends leave in time, and what they could not do is done elsewhere."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path

import pytest
from support.tasks import simulate_task
from support.waiting import eventually
from support.worker_process import await_end, running_worker, start_worker, started

from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.bus.workers import live_workers
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.messages import Outcome, Simulated, Task

NUMBERS = count(1)


@pytest.fixture
def queue(server_url: str) -> QueueSettings:
    return QueueSettings(redis_url=server_url, prefix=f"walltime-{next(NUMBERS)}", lease_s=30.0)


def test_a_task_that_will_not_fit_stays_queued_and_another_worker_does_it(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    ends_at = time.time() + 240.0
    task = simulate_task(f"mark {tmp_path}")
    (tmp_path / "go").touch()
    dispatch.publish(task)
    worker = start_worker(
        queue, tmp_path, "--expected-task-s", "600", SLURM_JOB_END_TIME=str(ends_at)
    )
    assert worker.process.wait(timeout=240) == 0
    assert time.time() < ends_at
    eventually(lambda: not live_workers(queue))
    assert not started(tmp_path)
    assert place_of(task, dispatch) == "queued"
    with running_worker(queue, tmp_path):
        assert the_outcome(dispatch).start == 1


def test_a_worker_that_has_seen_how_long_tasks_take_begins_none_in_vain(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    for number in range(1, 11):
        dispatch.publish(simulate_task("sleep 8", number=number))
    worker = start_worker(queue, tmp_path, "--until", "+110", "--margin-s", "60")
    assert worker.process.wait(timeout=240) == 0
    done = len(dispatch.collect(0.0))
    assert 1 <= done < 10
    assert [line["message"] for line in worker.log()].count("Task begins.") == done
    assert place_of(simulate_task(number=10), dispatch) == "queued"


def test_a_running_task_that_cannot_finish_is_handed_back_before_the_end(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    ends_at = time.time() + 110.0
    worker = start_worker(queue, tmp_path, "--until", "+110", "--margin-s", "60")
    task = simulate_task(f"mark {tmp_path}")
    dispatch.publish(task)
    (pids,) = eventually(lambda: started(tmp_path))
    assert worker.process.wait(timeout=240) == 0
    assert time.time() < ends_at - 10.0
    await_end(pids)
    assert place_of(task, dispatch) == "queued"
    (tmp_path / "go").touch()
    with running_worker(queue, tmp_path):
        outcome = the_outcome(dispatch)
    assert isinstance(outcome.result, Simulated)
    assert outcome.start == 1
    assert len(started(tmp_path)) == 2


def test_a_task_that_was_handed_back_often_is_no_poison(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    dispatch.publish(simulate_task(f"mark {tmp_path}", max_starts=1))
    for starts in (1, 2):
        worker = start_worker(queue, tmp_path)
        eventually(lambda starts=starts: len(started(tmp_path)) == starts)
        assert worker.terminate() == 0
    (tmp_path / "go").touch()
    with running_worker(queue, tmp_path):
        assert isinstance(the_outcome(dispatch).result, Simulated)


def the_outcome(dispatch: RedisDispatch) -> Outcome:
    (outcome,) = dispatch.collect(240.0)
    return outcome


def place_of(task: Task, dispatch: RedisDispatch) -> str:
    return dispatch.whereabouts([(task.topic, task.task_id)])[task.task_id]
