"""Which tasks go into one message: short ones, in their order, and none that keeps a slot idle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tasks import outcome_of, simulate_task

from molsteer.shared.bus.port import Packet
from molsteer.shared.wire.messages import Outcome, Simulate, Task
from molsteer.shared.wire.specs import Level
from molsteer.steering.loop.packets.packing import (
    MOST_TASKS,
    SHORT_S,
    RunTimes,
    packed,
    packet_size,
)

pytestmark = pytest.mark.fast

LEVELS = st.sampled_from(["xtb", "dear"])
SIZES = st.fixed_dictionaries({"xtb": st.integers(1, 9), "dear": st.integers(1, 9)})


def a_task(number: int, level: str, attempt: int) -> Task:
    task = simulate_task(number=number)
    assert isinstance(task.body, Simulate)
    body = task.body.model_copy(update={"level": Level(name=level)})
    return task.model_copy(update={"body": body, "attempt": attempt})


TASKS = st.lists(st.tuples(LEVELS, st.sampled_from([1, 1, 1, 2])), max_size=60).map(
    lambda drawn: [a_task(number, *each) for number, each in enumerate(drawn)]
)


def flat(messages: list[Task | Packet]) -> list[Task]:
    return [
        task
        for message in messages
        for task in (message if isinstance(message, tuple) else (message,))
    ]


def ended(run_s: float, level: str = "xtb") -> Outcome:
    moments = {"started_at": 10.0, "ended_at": 10.0 + run_s, "reported_at": 10.0 + run_s}
    names = {"task_id": f"simulate/1/{level}/1"}
    return outcome_of(simulate_task()).model_copy(update=moments | names)


@given(TASKS, SIZES)
def test_every_task_is_in_one_message_in_its_place_and_no_message_is_too_large(
    tasks: list[Task], sizes: dict[str, int]
) -> None:
    messages = packed(tasks, sizes.__getitem__)
    assert flat(messages) == tasks
    for message in messages:
        if isinstance(message, tuple):
            levels = {task.body.level.name for task in message if isinstance(task.body, Simulate)}
            (level,) = levels
            assert 1 < len(message) <= sizes[level]


@given(TASKS, SIZES)
def test_what_failed_before_has_a_message_of_its_own(
    tasks: list[Task], sizes: dict[str, int]
) -> None:
    packets = [each for each in packed(tasks, sizes.__getitem__) if isinstance(each, tuple)]
    assert {task.attempt for packet in packets for task in packet} <= {1}


@given(st.integers(0, 10_000), st.integers(1, 500), st.floats(0.0, SHORT_S), st.floats(0.0, 1.0))
def test_each_slot_has_a_message_to_do_and_one_to_come_and_a_packet_lasts_no_longer_than_wished(
    in_flight: int, slots: int, expected_s: float, packet_s: float
) -> None:
    size = packet_size(expected_s, in_flight, slots, packet_s)
    assert 1 <= size <= MOST_TASKS
    if size > 1:
        assert in_flight // size >= 2 * slots
        assert size * expected_s <= packet_s * 1.000001


def test_there_are_no_packets_where_none_are_wanted_or_where_tasks_may_take_long() -> None:
    assert packet_size(0.01, 10_000, 2, packet_s=0.0) == 1
    assert packet_size(None, 10_000, 2, packet_s=1.0) == 1
    assert packet_size(0.01, 10_000, 2, packet_s=1.0) == MOST_TASKS


def test_several_tasks_have_to_be_short_before_that_is_believed_and_one_long_one_ends_it() -> None:
    known = RunTimes()
    for _ in range(15):
        known.note(ended(0.1))
    assert known.expected_s("xtb") is None
    known.note(ended(0.1))
    assert known.expected_s("xtb") == pytest.approx(0.1)
    assert known.expected_s("dear") is None
    known.note(ended(SHORT_S + 0.1))
    assert known.expected_s("xtb") is None
