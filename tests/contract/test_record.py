"""What the scripts in Redis promise: whose a lease is, what is counted, and that all expires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Literal

import pytest
import redis
from support.redis_server import tcp_server
from support.tasks import outcome_of, simulate_task

from molsteer.shared.bus.names import Keys
from molsteer.shared.bus.port import Run
from molsteer.shared.bus.record import CAMPAIGN_EXPIRE_S, Held, TaskRecord
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.messages import Task

LEASE_S = 60.0
NUMBERS = count(1)

Settle = Callable[[Held], None]


@pytest.fixture
def queue(redis_url: str) -> QueueSettings:
    return QueueSettings(redis_url=redis_url, prefix=f"record-{next(NUMBERS)}", lease_s=LEASE_S)


@pytest.fixture
def record(queue: QueueSettings) -> Iterator[TaskRecord]:
    found = TaskRecord(queue)
    yield found
    found.close()


@pytest.fixture
def dispatch(queue: QueueSettings) -> Iterator[RedisDispatch]:
    found = RedisDispatch(queue, "campaign")
    yield found
    found.close()


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as connection:
        yield connection


@pytest.fixture
def keys(queue: QueueSettings) -> Keys:
    return Keys(queue.prefix)


@pytest.fixture
def task() -> Task:
    return simulate_task()


@pytest.fixture
def lease(keys: Keys, task: Task) -> str:
    return keys.lease(task.campaign, task.task_id)


def held(task: Task, claim: str) -> Held:
    return Held(task.campaign, task.task_id, claim)


def test_a_process_that_asks_again_after_a_lost_reply_gets_the_same_answer(
    record: TaskRecord, task: Task
) -> None:
    assert record.begin(task, "a") == Run(start=1)
    assert record.begin(task, "a") == Run(start=1)
    assert record.begin(task, "b") == "busy"


def test_renewing_takes_a_lease_that_lapsed_again(
    record: TaskRecord, client: redis.Redis, task: Task, lease: str
) -> None:
    record.begin(task, "a")
    client.delete(lease)
    record.renew([held(task, "a")])
    assert client.get(lease) == b"a"
    assert record.begin(task, "b") == "busy"


def test_renewing_leaves_the_lease_of_another_alone(
    record: TaskRecord, client: redis.Redis, task: Task, lease: str
) -> None:
    record.begin(task, "b")
    client.pexpire(lease, 5_000)
    record.renew([held(task, "a")])
    assert client.get(lease) == b"b"
    assert client.pttl(lease) <= 5_000


def test_several_leases_are_renewed_each_for_its_own_process(
    record: TaskRecord, client: redis.Redis, keys: Keys
) -> None:
    tasks = [simulate_task(number=number) for number in (1, 2)]
    for task, claim in zip(tasks, "ab", strict=True):
        record.begin(task, claim)
        client.pexpire(keys.lease(task.campaign, task.task_id), 5_000)
    record.renew([held(task, claim) for task, claim in zip(tasks, "ab", strict=True)])
    leases = [keys.lease(task.campaign, task.task_id) for task in tasks]
    assert client.mget(leases) == [b"a", b"b"]
    assert all(client.pttl(lease) > 5_000 for lease in leases)


@pytest.mark.parametrize("way", ["lose", "hand_back", "finish"])
def test_whoever_lost_its_task_to_another_takes_nothing_from_it(
    record: TaskRecord,
    client: redis.Redis,
    keys: Keys,
    task: Task,
    lease: str,
    way: Literal["lose", "hand_back", "finish"],
) -> None:
    record.begin(task, "b")
    noted = client.hgetall(keys.starts(task.campaign))
    give_up(record, task, way)
    assert client.get(lease) == b"b"
    assert client.hgetall(keys.starts(task.campaign)) == noted


@pytest.mark.parametrize("way", ["lose", "hand_back", "finish"])
def test_whoever_holds_a_task_frees_it(
    record: TaskRecord,
    client: redis.Redis,
    task: Task,
    lease: str,
    way: Literal["lose", "hand_back", "finish"],
) -> None:
    record.begin(task, "a")
    give_up(record, task, way)
    assert not client.exists(lease)


def test_a_start_that_was_handed_back_is_forgotten_and_one_that_killed_is_not(
    record: TaskRecord, task: Task
) -> None:
    record.begin(task, "a")
    record.lose(held(task, "a"))
    record.begin(task, "a")
    record.hand_back(held(task, "a"))
    assert record.begin(task, "a") == Run(start=2, killed=1)
    assert record.starts(task.campaign, task.task_id) == 2


def test_everything_that_workers_note_expires(
    record: TaskRecord, client: redis.Redis, keys: Keys, task: Task, lease: str
) -> None:
    record.begin(task, "a")
    assert 0 < client.pttl(lease) <= 1_000 * LEASE_S
    assert_expires(client, keys.starts(task.campaign))
    client.pexpire(lease, 5_000)
    record.renew([held(task, "a")])
    assert 5_000 < client.pttl(lease) <= 1_000 * LEASE_S
    record.finish(outcome_of(task), "a")
    assert_expires(client, keys.outcomes(task.campaign))
    assert_expires(client, keys.doorbell(task.campaign))


def test_what_steering_closes_expires(
    dispatch: RedisDispatch, client: redis.Redis, keys: Keys, task: Task
) -> None:
    closed = keys.closed(task.campaign)
    for close in (dispatch.settle, dispatch.cancel, lambda _: dispatch.retire()):
        client.delete(closed)
        close([task.task_id])
        assert_expires(client, closed)


def test_settling_forgets_how_often_a_task_began_and_what_it_killed(
    record: TaskRecord, dispatch: RedisDispatch, client: redis.Redis, keys: Keys, task: Task
) -> None:
    record.begin(task, "a")
    record.lose(held(task, "a"))
    record.finish(outcome_of(task), "a")
    dispatch.settle([task.task_id])
    assert not client.exists(keys.starts(task.campaign), keys.outcomes(task.campaign))


@pytest.mark.parametrize("way", ["lose", "hand_back", "finish"])
def test_a_worker_that_still_holds_a_task_of_a_retired_campaign_leaves_nothing(
    record: TaskRecord,
    dispatch: RedisDispatch,
    client: redis.Redis,
    keys: Keys,
    task: Task,
    way: Literal["lose", "hand_back", "finish"],
) -> None:
    record.begin(task, "a")
    dispatch.retire()
    give_up(record, task, way)
    (left,) = client.keys(f"{keys.prefix}:*")
    assert left == keys.closed(task.campaign).encode()


def test_an_outcome_that_comes_between_bell_and_reading_is_collected_and_its_bell_kept(
    record: TaskRecord,
    dispatch: RedisDispatch,
    client: redis.Redis,
    keys: Keys,
    task: Task,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def execute_one_by_one(pipe: redis.client.Pipeline) -> list[object]:
        answers = []
        for arguments, _ in pipe.command_stack:
            answers.append(client.execute_command(*arguments))
            record.finish(outcome_of(task), "a")
        return answers

    monkeypatch.setattr(redis.client.Pipeline, "execute", execute_one_by_one)
    assert list(dispatch.collect(0.0)) == [outcome_of(task)]
    assert client.exists(keys.doorbell(task.campaign))


def test_a_task_whose_holder_just_died_is_not_taken_for_lost(
    record: TaskRecord,
    dispatch: RedisDispatch,
    client: redis.Redis,
    keys: Keys,
    task: Task,
    lease: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 1_000.0
    monkeypatch.setattr("molsteer.shared.bus.unclaimed.time.monotonic", lambda: now_s)
    dispatch.publish(task)
    client.hset(keys.unacked("simulate"), "tag", client.rpop(keys.queue("simulate")) or b"")
    record.begin(task, "a")
    assert place_of(task, dispatch) == "running"
    now_s += 10 * LEASE_S
    assert place_of(task, dispatch) == "running"
    client.delete(lease)
    assert place_of(task, dispatch) == "queued"
    now_s += 10 * LEASE_S
    assert place_of(task, dispatch) == "absent"


def give_up(record: TaskRecord, task: Task, way: Literal["lose", "hand_back", "finish"]) -> None:
    match way:
        case "lose":
            record.lose(held(task, "a"))
        case "hand_back":
            record.hand_back(held(task, "a"))
        case "finish":
            record.finish(outcome_of(task), "a")


def place_of(task: Task, dispatch: RedisDispatch) -> str:
    return dispatch.whereabouts([(task.topic, task.task_id)])[task.task_id]


def assert_expires(client: redis.Redis, key: str) -> None:
    assert 0 < client.ttl(key) <= CAMPAIGN_EXPIRE_S


def test_who_keeps_a_connection_goes_on_when_the_server_is_there_again(
    task: Task, tmp_path: Path
) -> None:
    with tcp_server(tmp_path) as server:
        record = TaskRecord(server.queue, at_once=True)
        with closing(record), closing(RedisDispatch(server.queue, "campaign")) as dispatch:
            assert record.begin(task, "claim") == Run(1)
            server.kill()
            with pytest.raises(ServiceUnavailable):
                record.begin(task, "claim")
            with pytest.raises(ServiceUnavailable):
                dispatch.settle([task.task_id])
            with pytest.raises(ServiceUnavailable):
                TaskRecord(server.queue, at_once=True)
            server.start()
            assert record.begin(task, "claim") == Run(1), "it asks anew, and holds the lease"
            assert record.finish(outcome_of(task), "claim")
            (outcome,) = dispatch.collect(1.0)
            assert outcome.task_id == task.task_id
