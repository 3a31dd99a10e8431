"""Several tasks in one message, in the hands of real workers: each ends once, as if alone."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
import redis
from support.tasks import simulate_task
from support.waiting import eventually
from support.worker_process import await_end, kill, running_worker, start_worker, started

from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.codec import encode
from molsteer.shared.wire.messages import Failed, Outcome, Simulated, Task

LEASE_S = 5.0
"""A busy machine may hold a process up for a second or two, which loses no lease of this."""
NUMBERS = count(1)


@pytest.fixture
def queue(server_url: str) -> QueueSettings:
    return QueueSettings(redis_url=server_url, prefix=f"packets-{next(NUMBERS)}", lease_s=LEASE_S)


def a_packet(*commands: str, max_s: float = 60.0, max_starts: int = 3) -> tuple[Task, ...]:
    """Make tasks that a worker gets in one message, numbered from 1."""
    return tuple(
        simulate_task(command, number=number, max_s=max_s, max_starts=max_starts)
        for number, command in enumerate(commands, 1)
    )


def all_outcomes(dispatch: RedisDispatch, *numbers: int) -> dict[int, Outcome]:
    """Wait until exactly these tasks have ended."""

    def found() -> dict[int, Outcome]:
        return {int(each.task_id.split("/")[1]): each for each in dispatch.collect(0.1)}

    eventually(lambda: len(found()) >= len(numbers))
    assert sorted(found()) == sorted(numbers)
    return found()


def told(outcomes: dict[int, Outcome]) -> dict[int, str]:
    return {
        number: outcome.result.status if isinstance(outcome.result, Failed) else "ok"
        for number, outcome in outcomes.items()
    }


def is_at_rest(queue: QueueSettings) -> bool:
    """Tell whether no message waits, and none is held."""
    with redis.Redis.from_url(queue.redis_url) as client:
        return not client.exists(f"{queue.prefix}.simulate", f"{queue.prefix}:unacked:simulate")


def test_tasks_in_one_message_are_done_in_their_order_each_with_an_outcome_of_its_own(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    packet = a_packet("echo", "unlucky 3", "echo", "defect here")
    dispatch.publish(packet)
    places = dispatch.whereabouts([("simulate", task.task_id) for task in packet])
    assert set(places.values()) == {"queued"}
    with running_worker(queue, tmp_path):
        outcomes = all_outcomes(dispatch, 1, 2, 3, 4)
        eventually(lambda: is_at_rest(queue))
    assert told(outcomes) == {1: "ok", 2: "error", 3: "ok", 4: "error"}
    assert [outcomes[number].start for number in range(1, 5)] == [1, 1, 1, 1]
    ends = [outcomes[number].started_at for number in range(1, 5)]
    assert ends == sorted(ends)


def test_a_killed_process_counts_against_the_task_that_had_begun_and_no_other(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path):
        dispatch.publish(a_packet("echo", f"mark {tmp_path}", "echo"))
        ((process, _),) = eventually(lambda: started(tmp_path))
        kill(process)
        eventually(lambda: len(started(tmp_path)) == 2)
        (tmp_path / "go").touch()
        outcomes = all_outcomes(dispatch, 1, 2, 3)
        eventually(lambda: is_at_rest(queue))
    assert told(outcomes) == {1: "ok", 2: "ok", 3: "ok"}
    assert [outcomes[number].start for number in (1, 2, 3)] == [1, 2, 1]


def test_a_killed_worker_loses_what_had_not_ended_to_another(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    first = start_worker(queue, tmp_path)
    dispatch.publish(a_packet("echo", f"mark {tmp_path}", "echo"))
    (pids,) = eventually(lambda: started(tmp_path))
    first.kill()
    await_end(pids)
    (tmp_path / "go").touch()
    with running_worker(queue, tmp_path):
        outcomes = all_outcomes(dispatch, 1, 2, 3)
        eventually(lambda: is_at_rest(queue))
    assert [outcomes[number].start for number in (1, 2, 3)] == [1, 2, 1]


def test_a_stopped_worker_hands_back_what_had_not_ended(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    worker = start_worker(queue, tmp_path)
    packet = a_packet("echo", f"mark {tmp_path}", "echo")
    dispatch.publish(packet)
    eventually(lambda: started(tmp_path))
    assert worker.terminate() == 0
    places = dispatch.whereabouts([("simulate", task.task_id) for task in packet])
    assert [places[task.task_id] for task in packet] == ["finished", "queued", "queued"]
    (tmp_path / "go").touch()
    with running_worker(queue, tmp_path):
        outcomes = all_outcomes(dispatch, 1, 2, 3)
    assert [outcomes[number].start for number in (1, 2, 3)] == [1, 1, 1]


def test_poison_takes_none_of_its_neighbours_with_it(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path):
        dispatch.publish(a_packet("echo", f"suicide {tmp_path}", "echo", max_starts=2))
        outcomes = all_outcomes(dispatch, 1, 2, 3)
        eventually(lambda: is_at_rest(queue))
    assert told(outcomes) == {1: "ok", 2: "poison", 3: "ok"}
    assert [outcomes[number].start for number in (1, 2, 3)] == [1, 3, 1]
    assert len(started(tmp_path)) == 2


def test_a_task_that_is_taken_back_before_its_turn_never_begins(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    packet = a_packet("echo", f"mark {tmp_path}", "echo")
    dispatch.publish(packet)
    dispatch.cancel([packet[1].task_id])
    with running_worker(queue, tmp_path):
        assert told(all_outcomes(dispatch, 1, 2, 3)) == {1: "ok", 2: "cancelled", 3: "ok"}
    assert started(tmp_path) == []


def test_a_running_task_that_is_taken_back_stops_and_the_others_go_on(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    packet = a_packet("echo", f"mark {tmp_path}", "echo")
    with running_worker(queue, tmp_path):
        dispatch.publish(packet)
        (pids,) = eventually(lambda: started(tmp_path))
        dispatch.cancel([packet[1].task_id])
        outcomes = all_outcomes(dispatch, 1, 2, 3)
        await_end(pids)
        eventually(lambda: is_at_rest(queue))
    assert told(outcomes) == {1: "ok", 2: "cancelled", 3: "ok"}
    assert outcomes[3].start == 1


def test_a_task_over_its_limit_ends_and_the_others_go_on(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path):
        dispatch.publish(a_packet("echo", f"mark {tmp_path}", "echo", max_s=3.0))
        outcomes = all_outcomes(dispatch, 1, 2, 3)
        eventually(lambda: is_at_rest(queue))
    assert told(outcomes) == {1: "ok", 2: "timeout", 3: "ok"}
    assert outcomes[2].ended_at - outcomes[2].started_at >= 2.9
    assert outcomes[3].start == 1


def test_no_task_waits_in_a_packet_behind_one_that_takes_long(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path):
        dispatch.publish(a_packet("echo", f"mark {tmp_path}", "echo", "echo"))
        eventually(lambda: started(tmp_path))
        with running_worker(queue, tmp_path):
            assert told(all_outcomes(dispatch, 1, 3, 4)) == {1: "ok", 3: "ok", 4: "ok"}
            (tmp_path / "go").touch()
            outcomes = all_outcomes(dispatch, 1, 2, 3, 4)
            eventually(lambda: is_at_rest(queue))
    assert [outcomes[number].start for number in (1, 2, 3, 4)] == [1, 1, 1, 1]


def test_a_task_longer_than_the_lease_keeps_it_also_in_a_packet(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    with running_worker(queue, tmp_path), running_worker(queue, tmp_path):
        dispatch.publish(a_packet("echo", f"sleep {3 * LEASE_S}", f"sleep {3 * LEASE_S}"))
        outcomes = all_outcomes(dispatch, 1, 2, 3)
    assert [outcomes[number].start for number in (1, 2, 3)] == [1, 1, 1]


def test_a_message_that_comes_twice_repeats_nothing(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    packet = a_packet("echo", f"mark {tmp_path}", "echo")
    with running_worker(queue, tmp_path), running_worker(queue, tmp_path):
        dispatch.publish(packet, packet, packet[2])
        eventually(lambda: started(tmp_path))
        (tmp_path / "go").touch()
        outcomes = all_outcomes(dispatch, 1, 2, 3)
        eventually(lambda: is_at_rest(queue))
    assert [outcomes[number].start for number in (1, 2, 3)] == [1, 1, 1]
    assert len(started(tmp_path)) == 1


def test_one_that_cannot_be_read_is_put_aside_and_the_others_are_done(
    queue: QueueSettings, dispatch: RedisDispatch, tmp_path: Path
) -> None:
    packet = a_packet("echo", "echo", "echo")
    dispatch.publish(packet)
    with redis.Redis.from_url(queue.redis_url) as client:
        (message,) = client.lrange(f"{queue.prefix}.simulate", 0, -1)
        client.delete(f"{queue.prefix}.simulate")
        name = packet[1].task_id.encode()
        assert name in encode(packet[1])
        text = bytes(message).replace(name, b"simulate/no-number")
        client.lpush(f"{queue.prefix}.simulate", text)
        with running_worker(queue, tmp_path):
            outcomes = all_outcomes(dispatch, 1, 3)
            eventually(lambda: is_at_rest(queue))
        assert client.llen(f"{queue.prefix}:dead-letters") == 1
    assert all(isinstance(each.result, Simulated) for each in outcomes.values())
