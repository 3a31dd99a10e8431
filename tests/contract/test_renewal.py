"""What a worker's main process keeps alive on a real server, and what it lets go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from celery.worker import state
from kombu.connection import Connection
from kombu.transport.redis import Channel
from redis.connection import AbstractConnection
from support.tasks import simulate_task

from molsteer.shared.bus.names import message_id
from molsteer.shared.bus.record import Held, TaskRecord
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.settings.server_url import kombu_url
from molsteer.shared.wire.codec import encode
from molsteer.shared.wire.messages import Failed, Task
from molsteer.shared.worker.celery.app import WorkerApp
from molsteer.shared.worker.celery.renewal import Renewal
from molsteer.shared.worker.celery.request import At
from molsteer.shared.worker.plan import WorkerPlan

LEASE_S = 60.0
OLD = 1_000.0
PID = 17
NUMBERS = count(1)


@dataclass(eq=False)
class Request:
    """What Celery keeps of a message that it took."""

    task: Task
    message: Any
    time_start: float | None = field(default_factory=lambda: time.time() - LEASE_S / 2)
    acknowledged: bool = False
    worker_pid: int = PID
    killed: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return message_id(self.task.campaign, self.task.task_id)

    @property
    def now_at(self) -> At:
        held = Held(self.task.campaign, self.task.task_id, f"host:1:abc/{self.worker_pid}")
        return At(0, held, encode(self.task), self.time_start or time.time())

    def leave_rest_to_others(self) -> None:
        pass

    def terminate(self, _pool: object, signal: str) -> None:
        self.killed.append(signal)


@dataclass
class Worker:
    """A worker's main process, without its event loop."""

    plan: WorkerPlan
    channel: Channel
    dispatch: RedisDispatch
    client: redis.Redis
    requests: set[Request]

    def take(self, task: Task, **facts: object) -> Request:
        """Take a task's message from its queue; in the index it is old."""
        self.dispatch.publish(task)
        message = self.channel.basic_get(self.plan.keys.queue(task.topic), no_ack=False)
        request = Request(task, message, **facts)  # type: ignore[arg-type]
        self.client.zadd(self.index, {self.tag(request): OLD})
        self.requests.add(request)
        return request

    def renew(self) -> None:
        consumer = SimpleNamespace(
            app=WorkerApp(self.plan), task_consumer=SimpleNamespace(channel=self.channel), pool=None
        )
        Renewal(consumer)._renew(consumer)

    @property
    def claim(self) -> str:
        return self.plan.claim(PID)

    @property
    def index(self) -> str:
        return self.plan.keys.unacked_index("simulate")

    def tag(self, request: Request) -> str:
        return str(request.message.delivery_tag)

    def age_of(self, request: Request) -> float | None:
        """When a message was taken or renewed; None if nobody holds it."""
        score = self.client.zscore(self.index, self.tag(request))
        return None if score is None else float(str(score))

    def holder_of(self, request: Request) -> str | None:
        task = request.task
        holder = self.client.get(self.plan.keys.lease(task.campaign, task.task_id))
        return None if holder is None else bytes(holder).decode()

    @property
    def waiting(self) -> int:
        return int(self.client.llen(self.plan.keys.queue("simulate")))


@pytest.fixture
def worker(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    queue = QueueSettings(redis_url=redis_url, prefix=f"renewal-{next(NUMBERS)}", lease_s=LEASE_S)
    plan = WorkerPlan(
        topic="simulate",
        pool="default",
        processes=1,
        handler="support.handlers:build",
        node="host:1:abc",
        scratch=tmp_path,
        queue=queue,
        stores=StoreSettings(),
        log_level="warning",
        log_file=None,
    )
    requests: set[Request] = set()
    monkeypatch.setattr(state, "reserved_requests", requests)
    monkeypatch.setattr(state, "active_requests", requests)
    options = WorkerApp(plan).conf.broker_transport_options
    link = Connection(kombu_url(queue.server_url), transport_options=options)
    dispatch = RedisDispatch(queue, "campaign")
    with link as connection, redis.Redis.from_url(redis_url) as client:
        channel = connection.channel()
        yield Worker(plan, channel, dispatch, client, requests)
        channel.qos._delivered.clear()  # or closing gives them back
    dispatch.close()


def test_the_lease_and_the_message_of_a_running_task_are_kept(worker: Worker) -> None:
    running = worker.take(simulate_task())
    worker.renew()
    assert worker.holder_of(running) == worker.claim
    assert abs((worker.age_of(running) or 0.0) - time.time()) < LEASE_S


def test_a_task_that_seems_to_begin_in_the_future_is_kept(worker: Worker) -> None:
    running = worker.take(simulate_task(), time_start=time.time() + 3_600.0)
    worker.renew()
    assert worker.holder_of(running) == worker.claim


@pytest.mark.parametrize("begun", ["just now", "not yet"])
def test_no_lease_is_taken_before_the_task_begins_and_is_counted(
    worker: Worker, begun: str
) -> None:
    young = worker.take(simulate_task(), time_start=time.time() if begun == "just now" else None)
    worker.renew()
    assert worker.holder_of(young) is None
    assert (worker.age_of(young) or 0.0) > OLD


def test_what_has_ended_is_let_go(worker: Worker) -> None:
    ended = worker.take(simulate_task(), acknowledged=True)
    worker.renew()
    assert worker.holder_of(ended) is None
    assert worker.age_of(ended) == OLD


def test_a_message_that_was_acknowledged_meanwhile_does_not_come_back(worker: Worker) -> None:
    ending = worker.take(simulate_task())
    worker.client.zrem(worker.index, worker.tag(ending))
    worker.renew()
    assert worker.age_of(ending) is None


def test_a_message_whose_acknowledgement_was_lost_goes_back_to_the_queue(worker: Worker) -> None:
    forgotten = worker.take(simulate_task())
    worker.requests.clear()
    worker.renew()
    assert (worker.waiting, worker.age_of(forgotten)) == (1, None)


@pytest.mark.parametrize("how", ["held", "acknowledged"])
def test_a_message_that_nobody_forgot_stays_where_it_is(
    worker: Worker, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    request = worker.take(simulate_task())
    if how == "acknowledged":
        worker.requests.clear()
        worker.channel.basic_ack(request.message.delivery_tag)
    worker.renew()
    assert (worker.waiting, caplog.text) == (0, "")


def test_a_running_task_that_was_taken_back_is_reported_and_killed(worker: Worker) -> None:
    running = worker.take(simulate_task())
    wanted = worker.take(simulate_task(number=2))
    worker.dispatch.cancel([running.task.task_id])
    worker.renew()
    assert (running.killed, wanted.killed) == (["KILL"], [])
    (outcome,) = worker.dispatch.collect(0.0)
    assert isinstance(outcome.result, Failed)
    assert (outcome.task_id, outcome.result.status) == (running.task.task_id, "cancelled")
    assert worker.holder_of(running) is None


def test_renewing_many_tasks_asks_the_server_as_often_as_renewing_one(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = count()
    send = AbstractConnection.send_packed_command

    def counted(connection: Any, *parts: Any, **options: Any) -> None:
        next(asked)
        send(connection, *parts, **options)

    def questions() -> int:
        before = next(asked)
        worker.renew()
        return next(asked) - before

    worker.take(simulate_task())
    worker.renew()
    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)
    for_one = questions()
    for number in range(2, 6):
        worker.take(simulate_task(number=number))
    assert questions() == for_one


@pytest.mark.parametrize("renewed", [TaskRecord.renew, TaskRecord.are_cancelled])
def test_a_server_that_is_away_costs_the_worker_nothing(
    worker: Worker,
    renewed: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    running = worker.take(simulate_task())

    def fail(*_: object) -> None:
        raise ServiceUnavailable("Redis", "host", "it is away", "Wait.")

    monkeypatch.setattr(TaskRecord, renewed.__name__, fail)
    worker.renew()
    assert running.killed == []
    assert "Leases were not renewed" in caplog.text
