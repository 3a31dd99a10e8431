"""What every bus promises: the one in memory, and Redis with real worker processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import redis
from support.tasks import outcome_of, simulate_task
from support.worker_process import running_worker

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.bus.guard import RedisGuard
from molsteer.shared.bus.memory import MemoryBus
from molsteer.shared.bus.port import Dispatch, Guard, Run
from molsteer.shared.bus.record import Held, TaskRecord
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.codec import encode
from molsteer.shared.wire.messages import Failed, Outcome, Simulated
from molsteer.shared.worker.execution import Bench, execute
from molsteer.shared.worker.handlers import LazyHandler


@dataclass(frozen=True)
class Bus:
    """One campaign's bus, seen from both sides."""

    campaign: str
    dispatch: Dispatch
    guard: Guard
    other_guard: Guard
    expire_leases: Callable[[], None]
    lose_process: Callable[[str], None]
    """Lets the process of the guard's task die while its worker lives."""


NUMBERS = count(1)


@pytest.fixture(params=["memory", "redis"])
def bus(request: pytest.FixtureRequest) -> Iterator[Bus]:
    """A bus without workers."""
    if request.param == "memory":
        memory = MemoryBus()
        yield Bus("campaign", memory, memory, memory, memory.expire_leases, memory.lose_process)
        return
    queue = QueueSettings(redis_url=request.getfixturevalue("redis_url"), prefix="idle")
    with redis_bus(queue) as found:
        yield found


@pytest.fixture(params=["memory", "redis"])
def served_bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bus]:
    """A bus with a worker."""
    if request.param == "memory":
        memory, stop = MemoryBus(), threading.Event()
        bench = Bench(
            "here", memory, MemoryBlobs(), LazyHandler("support.handlers:build"), tmp_path
        )
        thread = threading.Thread(target=work, args=(memory, bench, stop))
        thread.start()
        yield Bus("campaign", memory, memory, memory, memory.expire_leases, memory.lose_process)
        stop.set()
        thread.join()
        return
    with redis_bus(request.getfixturevalue("served_queue")) as found:
        yield found


@pytest.fixture(scope="module")
def served_queue(
    redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[QueueSettings]:
    queue = QueueSettings(redis_url=redis_url, prefix="served")
    with running_worker(queue, tmp_path_factory.mktemp("worker")):
        yield queue


@contextmanager
def redis_bus(queue: QueueSettings) -> Iterator[Bus]:
    campaign = f"campaign-{next(NUMBERS)}"
    dispatch, record = RedisDispatch(queue, campaign), TaskRecord(queue)

    def expire_leases() -> None:
        with redis.Redis.from_url(queue.redis_url) as client:
            for key in client.scan_iter(f"{queue.prefix}:lease:{campaign}:*"):
                client.delete(key)

    guards = RedisGuard(record, "a"), RedisGuard(record, "b")
    yield Bus(
        campaign,
        dispatch,
        *guards,
        expire_leases,
        lambda task_id: record.lose(Held(campaign, task_id, "a")),
    )
    dispatch.close()
    record.close()


def work(bus: MemoryBus, bench: Bench, stop: threading.Event) -> None:
    while not stop.wait(0.001):
        task = bus.take("simulate")
        if task is not None:
            execute(encode(task), bench)


def only(outcomes: Sequence[Outcome]) -> Outcome:
    (outcome,) = outcomes
    return outcome


def test_a_task_is_queued_then_running_then_finished_then_forgotten(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)

    def place() -> str:
        return bus.dispatch.whereabouts([("simulate", task.task_id)])[task.task_id]

    assert place() == "absent"
    bus.dispatch.publish(task)
    assert place() == "queued"
    bus.guard.begin(task)
    assert place() == "running"
    bus.guard.finish(outcome_of(task))
    assert place() == "finished"
    bus.dispatch.settle([task.task_id])
    assert place() != "finished"


def test_an_outcome_and_the_next_beginning_are_one_question(bus: Bus) -> None:
    first, second, third = (
        simulate_task(campaign=bus.campaign, number=number) for number in (1, 2, 3)
    )
    bus.guard.begin(first)
    assert bus.guard.pass_on(outcome_of(first), second) == (True, Run(start=1))
    assert bus.other_guard.begin(second) == "busy"
    assert bus.other_guard.begin(first) == "done"
    bus.dispatch.cancel([third.task_id])
    assert bus.guard.pass_on(outcome_of(second), third) == (True, "cancelled")
    assert {each.task_id for each in bus.dispatch.collect(0.0)} == {first.task_id, second.task_id}


def test_several_tasks_in_one_message_are_each_where_they_are(bus: Bus) -> None:
    packet = tuple(simulate_task(campaign=bus.campaign, number=number) for number in (1, 2, 3))
    bus.dispatch.publish(packet)
    bus.guard.begin(packet[0])
    bus.guard.pass_on(outcome_of(packet[0]), packet[1])
    places = bus.dispatch.whereabouts([("simulate", task.task_id) for task in packet])
    assert [places[task.task_id] for task in packet] == ["finished", "running", "queued"]


def test_only_one_holder_runs_a_task(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    assert bus.guard.begin(task) == Run(start=1)
    assert bus.other_guard.begin(task) == "busy"


def test_a_task_whose_holder_is_lost_begins_again_and_counts_its_starts(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    bus.guard.begin(task)
    bus.expire_leases()
    assert bus.other_guard.begin(task) == Run(start=2)


def test_only_what_took_its_process_down_is_told_apart_from_what_was_lost_with_its_worker(
    bus: Bus,
) -> None:
    task = simulate_task(campaign=bus.campaign)
    bus.guard.begin(task)
    bus.expire_leases()
    assert bus.guard.begin(task) == Run(start=2, killed=0)
    bus.lose_process(task.task_id)
    assert bus.guard.begin(task) == Run(start=3, killed=1)


def test_the_first_outcome_counts(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    assert bus.guard.finish(outcome_of(task, value_eV=1.0))
    assert not bus.other_guard.finish(outcome_of(task, value_eV=2.0))
    assert only(bus.dispatch.collect(1.0)) == outcome_of(task, value_eV=1.0)


def test_handing_the_same_outcome_over_twice_is_harmless(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    assert bus.guard.finish(outcome_of(task))
    assert bus.guard.finish(outcome_of(task))
    assert only(bus.dispatch.collect(1.0)) == outcome_of(task)


def test_a_task_that_ended_does_not_begin_again(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    bus.guard.finish(outcome_of(task))
    assert bus.guard.begin(task) == "done"


def test_a_task_that_was_taken_back_does_not_begin(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    bus.dispatch.cancel([task.task_id])
    assert bus.guard.begin(task) == "cancelled"


def test_a_task_that_was_settled_does_not_begin_again(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    bus.guard.begin(task)
    bus.guard.finish(outcome_of(task))
    bus.dispatch.settle([task.task_id])
    assert bus.guard.begin(task) == "cancelled"


def test_a_retired_campaign_has_no_outcomes_and_begins_nothing(bus: Bus) -> None:
    ended, taken_back = (simulate_task(campaign=bus.campaign, number=number) for number in (1, 2))
    bus.guard.finish(outcome_of(ended))
    bus.dispatch.cancel([taken_back.task_id])
    bus.dispatch.retire()
    assert list(bus.dispatch.collect(0.0)) == []
    assert bus.guard.begin(taken_back) == "cancelled"


def test_a_retired_campaign_leaves_nothing_in_queues_that_nobody_serves_any_more(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    bus.dispatch.publish(task)
    assert bus.dispatch.whereabouts([(task.topic, task.task_id)]) == {task.task_id: "queued"}
    bus.dispatch.retire()
    assert bus.dispatch.whereabouts([(task.topic, task.task_id)]) == {task.task_id: "absent"}


def test_what_is_reported_after_a_campaign_was_retired_is_dropped(bus: Bus) -> None:
    late = simulate_task(campaign=bus.campaign)
    bus.guard.begin(late)
    bus.dispatch.retire()
    assert not bus.guard.finish(outcome_of(late))
    assert list(bus.dispatch.collect(0.0)) == []


def test_outcomes_come_back_until_they_are_settled(bus: Bus) -> None:
    tasks = [simulate_task(campaign=bus.campaign, number=number) for number in range(3)]
    for task in tasks:
        bus.guard.finish(outcome_of(task))
    everything = {outcome.task_id for outcome in bus.dispatch.collect(1.0)}
    assert everything == {task.task_id for task in tasks}
    bus.dispatch.settle([tasks[0].task_id])
    bus.dispatch.settle([tasks[0].task_id])
    left = {outcome.task_id for outcome in bus.dispatch.collect(1.0)}
    assert left == everything - {tasks[0].task_id}


def test_collecting_waits_no_longer_than_asked(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    late = threading.Timer(60.0, lambda: bus.guard.finish(outcome_of(task)))
    begun = time.monotonic()
    late.start()
    assert list(bus.dispatch.collect(0.2)) == [], "what comes later was waited for"
    assert time.monotonic() - begun > 0.15
    assert list(bus.dispatch.collect(0.0)) == []
    late.cancel()
    bus.guard.finish(outcome_of(task))
    assert only(bus.dispatch.collect(0.0)) == outcome_of(task)


def test_a_task_that_was_settled_or_taken_back_begins_again_when_that_is_wanted(bus: Bus) -> None:
    settled, cancelled = (simulate_task(campaign=bus.campaign, number=n) for n in (1, 2))
    bus.dispatch.settle([settled.task_id])
    bus.dispatch.cancel([cancelled.task_id])
    assert bus.guard.begin(settled) == bus.guard.begin(cancelled) == "cancelled"
    assert bus.dispatch.reopen([settled.task_id, cancelled.task_id, "simulate/3/xtb/1"]) == 2
    assert bus.guard.begin(settled) == bus.other_guard.begin(cancelled) == Run(1)
    assert bus.dispatch.reopen([]) == bus.dispatch.reopen([cancelled.task_id]) == 0


def test_messages_that_no_worker_took_are_withdrawn_and_no_others(bus: Bus) -> None:
    ours, others = (simulate_task(campaign=bus.campaign, number=n) for n in (11, 12))
    ids = [("simulate", task.task_id) for task in (ours, others)]
    for task in (ours, ours, others):
        bus.dispatch.publish(task)
    bus.dispatch.withdraw(ids[:1])
    places = bus.dispatch.whereabouts(ids)
    assert places == {ours.task_id: "absent", others.task_id: "queued"}
    bus.dispatch.publish(ours)
    assert bus.dispatch.whereabouts(ids)[ours.task_id] == "queued"
    bus.dispatch.withdraw(ids)
    bus.dispatch.withdraw([])
    assert {*bus.dispatch.whereabouts(ids).values()} == {"absent"}


def test_an_outcome_that_is_put_aside_makes_room_for_another_one(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    first, second = (outcome_of(task, value_eV=value) for value in (1.0, 2.0))
    assert bus.guard.finish(first)
    assert not bus.other_guard.finish(second)
    bus.dispatch.bury(first, "It cannot be recorded.")
    assert list(bus.dispatch.collect(0.0)) == []
    assert bus.other_guard.finish(second)
    assert only(bus.dispatch.collect(0.0)) == second


def test_an_outcome_wakes_whoever_waits_for_it(bus: Bus) -> None:
    task = simulate_task(campaign=bus.campaign)
    late = threading.Timer(0.2, lambda: bus.guard.finish(outcome_of(task)))
    late.start()
    begun = time.monotonic()
    assert only(bus.dispatch.collect(240.0)) == outcome_of(task)
    assert time.monotonic() - begun < 120.0
    late.join()


def test_a_worker_does_a_task_and_reports_when(served_bus: Bus) -> None:
    task = simulate_task("echo hello", campaign=served_bus.campaign)
    served_bus.dispatch.publish(task)
    outcome = only(served_bus.dispatch.collect(240.0))
    assert isinstance(outcome.result, Simulated)
    assert outcome.result.smiles == "echo hello"
    assert (outcome.task_id, outcome.attempt, outcome.start) == (task.task_id, 1, 1)
    assert task.issued_at <= outcome.started_at <= outcome.ended_at <= outcome.reported_at
    assert outcome.cpu_s >= 0.0


def test_a_failure_of_the_task_travels_as_data(served_bus: Bus) -> None:
    served_bus.dispatch.publish(simulate_task("unlucky 6", campaign=served_bus.campaign))
    result = only(served_bus.dispatch.collect(240.0)).result
    assert isinstance(result, Failed)
    assert (result.status, result.error.code, result.error.retryable) == ("error", "unlucky", True)
    assert result.error.message == "The dice show 6."
    assert result.error.facts == {"dice": 6}


def test_a_task_published_twice_is_done_once(served_bus: Bus, tmp_path: Path) -> None:
    task = simulate_task(f"mark {tmp_path}", campaign=served_bus.campaign)
    (tmp_path / "go").touch()
    after = simulate_task("echo", campaign=served_bus.campaign, number=2)
    for message in (task, task, after):
        served_bus.dispatch.publish(message)
    found: dict[str, Outcome] = {}
    while len(found) < 2:
        found |= {outcome.task_id: outcome for outcome in served_bus.dispatch.collect(240.0)}
    assert len(list(tmp_path.glob("started-*"))) == 1
    assert found[task.task_id].start == 1


def test_a_task_that_was_cancelled_first_ends_as_cancelled(served_bus: Bus) -> None:
    task = simulate_task(campaign=served_bus.campaign)
    served_bus.dispatch.cancel([task.task_id])
    served_bus.dispatch.publish(task)
    result = only(served_bus.dispatch.collect(240.0)).result
    assert isinstance(result, Failed)
    assert result.status == "cancelled"
