"""Workers, queues and messages that are lost, killed or spoiled: every task still ends once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import redis
from kombu.connection import Connection
from kombu.messaging import Producer
from support.redis_server import tcp_server
from support.tasks import outcome_of, simulate_task
from support.waiting import eventually
from support.worker_process import (
    await_end,
    kill,
    launch_worker,
    running_worker,
    start_worker,
    started,
)

from molsteer.shared.bus.celery_app import celery_message
from molsteer.shared.bus.dead_letters import dead_letters
from molsteer.shared.bus.record import TaskRecord
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.bus.workers import live_workers
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_url import kombu_url
from molsteer.shared.wire.blob import Inline
from molsteer.shared.wire.codec import encode
from molsteer.shared.wire.learning import Train, Trained
from molsteer.shared.wire.messages import Failed, Outcome, Simulated, Task
from molsteer.shared.wire.properties import Output
from molsteer.shared.wire.specs import TrainingPlan

LEASE_S = 5.0
"""A busy machine may hold a process up for a second or two, which loses no lease of this."""
NUMBERS = count(1)


@pytest.fixture
def queue(server_url: str) -> QueueSettings:
    return QueueSettings(redis_url=server_url, prefix=f"faults-{next(NUMBERS)}", lease_s=LEASE_S)


@pytest.fixture
def client(server_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server_url) as connection:
        yield connection


def test_a_killed_process_costs_one_start_and_its_children(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path) as worker:
        dispatch.publish(simulate_task(f"mark {tmp_path}"))
        ((process, child),) = eventually(lambda: started(tmp_path))
        kill(process)
        eventually(lambda: len(started(tmp_path)) == 2)
        await_end([child])
        (tmp_path / "go").touch()
        outcome = the_outcome(dispatch)
        assert isinstance(outcome.result, Simulated)
        assert outcome.start == 2
        eventually(lambda: not worker.scratch_folders())


def test_a_killed_worker_loses_its_task_to_another(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    first = start_worker(queue, tmp_path)
    dispatch.publish(simulate_task(f"mark {tmp_path}"))
    (pids,) = eventually(lambda: started(tmp_path))
    with running_worker(queue, tmp_path):
        first.kill()
        await_end(pids)
        eventually(lambda: len(list(first.temporary.iterdir())) == 1)
        eventually(lambda: len(started(tmp_path)) == 2)
        (tmp_path / "go").touch()
        outcome = the_outcome(dispatch)
        assert outcome.start == 2


def test_a_stopped_worker_hands_its_task_back_at_once(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    worker = start_worker(queue, tmp_path)
    task = simulate_task(f"mark {tmp_path}")
    dispatch.publish(task)
    eventually(lambda: started(tmp_path))
    assert worker.terminate() == 0
    assert place_of(task, dispatch) == "queued"
    eventually(lambda: not list(worker.temporary.iterdir()))
    (tmp_path / "go").touch()
    with running_worker(queue, tmp_path):
        assert the_outcome(dispatch).start == 1


def test_a_batch_system_that_tells_every_process_to_stop_gets_the_task_back_at_once(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    worker = start_worker(queue, tmp_path)
    task = simulate_task(f"mark {tmp_path}")
    dispatch.publish(task)
    ((process, child),) = eventually(lambda: started(tmp_path))
    for group in (worker.pid, process):
        os.killpg(group, signal.SIGTERM)
    assert worker.process.wait(timeout=240) == 0
    await_end([process, child])
    assert place_of(task, dispatch) == "queued"
    (tmp_path / "go").touch()
    with running_worker(queue, tmp_path):
        outcome = the_outcome(dispatch)
    assert isinstance(outcome.result, Simulated)
    assert outcome.start == 1


def test_a_worker_whose_terminal_closes_hands_its_task_back_and_ends(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    worker = start_worker(queue, tmp_path)
    task = simulate_task(f"mark {tmp_path}")
    dispatch.publish(task)
    (pids,) = eventually(lambda: started(tmp_path))
    os.killpg(worker.pid, signal.SIGHUP)
    assert worker.process.wait(timeout=240) == 0
    await_end(pids)
    assert place_of(task, dispatch) == "queued"
    eventually(lambda: not live_workers(queue))
    (tmp_path / "go").touch()
    with running_worker(queue, tmp_path):
        assert the_outcome(dispatch).start == 1


def test_a_worker_under_nohup_goes_on_when_its_terminal_closes(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    worker = launch_worker(queue, tmp_path, through=["nohup"])
    try:
        eventually(lambda: worker.is_ready(queue))
        dispatch.publish(simulate_task(f"mark {tmp_path}"))
        ((process, _),) = eventually(lambda: started(tmp_path))
        for group in (worker.pid, process):
            os.killpg(group, signal.SIGHUP)
        (tmp_path / "go").touch()
        assert the_outcome(dispatch).start == 1
        assert worker.process.poll() is None
    finally:
        worker.kill()


def test_a_task_over_its_hard_limit_times_out_once_and_leaves_nothing(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path) as worker:
        task = simulate_task(f"mark {tmp_path}", max_s=5.0)
        dispatch.publish(task)
        outcome = the_outcome(dispatch)
        assert isinstance(outcome.result, Failed)
        assert (outcome.result.status, outcome.start) == ("timeout", 1)
        assert outcome.ended_at - outcome.started_at >= 4.9
        await_end(started(tmp_path)[0])
        eventually(lambda: not worker.scratch_folders())
        dispatch.settle([task.task_id])
        dispatch.publish(simulate_task("echo", number=2))
        await_second(dispatch)
        assert len(started(tmp_path)) == 1


def test_a_task_that_kills_its_process_each_time_is_poison(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path):
        dispatch.publish(simulate_task(f"suicide {tmp_path}", max_starts=2))
        outcome = the_outcome(dispatch)
        assert isinstance(outcome.result, Failed)
        assert (outcome.result.status, outcome.start) == ("poison", 3)
        assert len(started(tmp_path)) == 2


def test_a_task_that_lost_its_whole_worker_again_and_again_is_no_poison(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    dispatch.publish(simulate_task(f"mark {tmp_path}", max_starts=1))
    for starts in (1, 2, 3):
        with running_worker(queue, tmp_path) as worker:
            eventually(lambda starts=starts: len(started(tmp_path)) == starts)
            os.killpg(worker.pid, signal.SIGKILL)
    (tmp_path / "go").touch()
    with running_worker(queue, tmp_path):
        outcome = the_outcome(dispatch)
    assert isinstance(outcome.result, Simulated)
    assert outcome.start == 4


def test_a_task_longer_than_the_lease_runs_once(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path), running_worker(queue, tmp_path):
        dispatch.publish(simulate_task(f"mark {tmp_path}"))
        eventually(lambda: started(tmp_path))
        late = threading.Timer(3 * LEASE_S, (tmp_path / "go").touch)
        late.start()
        assert the_outcome(dispatch).start == 1
        assert len(started(tmp_path)) == 1
        late.join()


def test_a_running_task_that_is_cancelled_stops(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path) as worker:
        task = simulate_task(f"mark {tmp_path}")
        dispatch.publish(task)
        (pids,) = eventually(lambda: started(tmp_path))
        dispatch.cancel([task.task_id])
        outcome = the_outcome(dispatch)
        assert isinstance(outcome.result, Failed)
        assert outcome.result.status == "cancelled"
        await_end(pids)
        eventually(lambda: not worker.scratch_folders())
        dispatch.settle([task.task_id])
        dispatch.publish(simulate_task("echo", number=2))
        await_second(dispatch)


def test_an_outcome_whose_doorbell_was_lost_is_collected(
    queue: QueueSettings, dispatch: RedisDispatch, client: redis.Redis
) -> None:
    task = simulate_task()
    TaskRecord(queue).finish(outcome_of(task), "somebody")
    client.delete(f"{queue.prefix}:doorbell:campaign")
    assert the_outcome(dispatch) == outcome_of(task)


def test_a_task_lost_from_its_queue_is_absent_and_can_be_published_again(
    queue: QueueSettings, dispatch: RedisDispatch, client: redis.Redis, tmp_path: Path
) -> None:
    task = simulate_task()
    dispatch.publish(task)
    client.delete(f"{queue.prefix}.simulate")
    assert place_of(task, dispatch) == "absent"
    dispatch.publish(task)
    with running_worker(queue, tmp_path):
        assert the_outcome(dispatch).start == 1


def test_only_an_expiring_list_of_ended_tasks_is_left_of_a_retired_campaign(
    queue: QueueSettings, dispatch: RedisDispatch, client: redis.Redis, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path) as worker:
        dispatch.publish(simulate_task("echo"))
        dispatch.settle([the_outcome(dispatch).task_id])
        dispatch.collect(0.0)
        eventually(lambda: not client.exists(f"{queue.prefix}:unacked:simulate"))
        worker.terminate()
    dispatch.retire()
    (closed,) = client.keys(f"{queue.prefix}*")
    assert b":closed:" in closed
    assert client.ttl(closed) > 0
    assert not client.keys("_kombu*")


def test_messages_that_are_no_tasks_are_put_aside(
    queue: QueueSettings, dispatch: RedisDispatch, client: redis.Redis, tmp_path: Path
) -> None:
    bad = encode(simulate_task()).replace(b'"protocol":3', b'"protocol":99')
    with running_worker(queue, tmp_path):
        for text in ("no task", bad.decode()):
            waiting = f"{queue.prefix}.simulate"
            client.lpush(waiting, celery_message("molsteer.simulate", ["id"], waiting, [text]))
        send_pickle(queue)
        dispatch.publish(simulate_task("echo", number=2))
        assert the_outcome(dispatch).task_id == "simulate/2/xtb/1"
    letters = dead_letters(queue)
    assert [letter.data for letter in letters] == [bad.decode(), "no task"]
    assert "speaks protocol 99" in letters[0].reason


def test_messages_that_make_no_sense_cost_no_worker(
    queue: QueueSettings, dispatch: RedisDispatch, client: redis.Redis, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path) as worker, Connection(kombu_url(queue.server_url)) as link:
        producer = Producer(link.channel(), routing_key=f"{queue.prefix}.simulate")
        for body in (5, None, [5, {}, {}], [["a", "b"], {}, {}], [["\ud800"], {}, {}]):
            producer.publish(body, headers=celery_headers())
        for name in ("timelimit", "stamped_headers", "eta", "id"):
            producer.publish([["a"], {}, {}], headers=celery_headers() | {name: 5})
        dispatch.publish(simulate_task("echo", number=2))
        assert the_outcome(dispatch).task_id == "simulate/2/xtb/1"
        assert worker.process.poll() is None
        eventually(lambda: not client.exists(f"{queue.prefix}:unacked:simulate"))


def test_an_outcome_that_cannot_be_read_is_put_aside(
    queue: QueueSettings, dispatch: RedisDispatch, client: redis.Redis
) -> None:
    task = simulate_task()
    outcomes = f"{queue.prefix}:outcomes:campaign"
    client.hset(outcomes, mapping={"simulate/8/xtb/1": b"\x80\x04N.", "simulate/9/xtb/1": b"{}"})
    client.hset(outcomes, b"\xff", encode(outcome_of(task)))
    client.hset(outcomes, "simulate/7/xtb/1", encode(outcome_of(task)))
    client.hset(outcomes, task.task_id, encode(outcome_of(task)))
    assert the_outcome(dispatch) == outcome_of(task)
    assert client.hkeys(outcomes) == [task.task_id.encode()]
    assert client.llen(f"{queue.prefix}:dead-letters") == 4


def test_a_service_that_cannot_be_built_fails_its_tasks_with_the_reason(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path, handler="support.handlers:build_nothing"):
        dispatch.publish(simulate_task())
        result = the_outcome(dispatch).result
    assert isinstance(result, Failed)
    assert result.error.code == "defect"
    assert "There is no engine here." in result.error.message


def test_a_topic_that_may_use_cuda_runs_in_fresh_processes(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    task = Task(
        campaign="campaign",
        task_id="train/1/0/1",
        issued_at=0.0,
        max_s=60.0,
        body=Train(
            generation=1,
            members=(0,),
            seed=1,
            plan=TrainingPlan(),
            outputs=(Output(name="toy", level="toy"),),
            training_set=Inline(codec="raw", data=b""),
        ),
    )
    with running_worker(queue, tmp_path, topic="train", handler="support.handlers:build_trainer"):
        dispatch.publish(task)
        result = the_outcome(dispatch).result
    assert isinstance(result, Trained)
    assert result.device == "spawn"


def test_a_task_outlives_a_redis_that_is_killed_and_started_again(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    with tcp_server(tmp_path / "redis") as server:
        queue = QueueSettings(redis_url=server.url, lease_s=30.0)
        dispatch = RedisDispatch(queue, "campaign")
        with running_worker(queue, tmp_path):
            dispatch.publish(simulate_task(f"mark {tmp_path}"))
            eventually(lambda: started(tmp_path))
            server.kill()
            (tmp_path / "go").touch()
            server.start()
            assert the_outcome(dispatch).start == 1
            assert len(started(tmp_path)) == 1
        dispatch.close()


def the_outcome(dispatch: RedisDispatch) -> Outcome:
    (outcome,) = dispatch.collect(240.0)
    return outcome


def await_second(dispatch: RedisDispatch) -> None:
    """Wait for the second task; the first may come again, and is told as taken back."""
    eventually(lambda: "simulate/2/xtb/1" in [outcome.task_id for outcome in dispatch.collect(1.0)])


def place_of(task: Task, dispatch: RedisDispatch) -> str:
    return dispatch.whereabouts([(task.topic, task.task_id)])[task.task_id]


def send_pickle(queue: QueueSettings) -> None:
    """Send what Celery would have run, had it been told to trust pickles."""
    with Connection(kombu_url(queue.server_url)) as connection:
        Producer(connection.channel()).publish(
            b"\x80\x04N.",
            routing_key=f"{queue.prefix}.simulate",
            content_type="application/x-python-serialize",
            content_encoding="binary",
            headers=celery_headers(),
        )


def celery_headers() -> dict[str, object]:
    return {"task": "molsteer.simulate", "id": "campaign:simulate/1/xtb/1"}
