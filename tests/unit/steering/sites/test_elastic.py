"""How many blocks there should be now: stories, and what holds whatever happens."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molsteer.steering.sites.elastic import Change, Demand, Limits, Submitted, decide

pytestmark = pytest.mark.fast

LIMITS = Limits(least=0, most=4, slots=8, idle_s=300.0)
RUNNING, WAITING = Submitted(waiting=False, left_s=3600.0), Submitted(waiting=True)


def demand(tasks: int, left: int | None = None, **changes: float) -> Demand:
    usual = {"task_s": 60.0, "wait_s": 120.0, "quiet_s": 0.0} | changes
    return Demand(tasks=tasks, left=tasks if left is None else left, **usual)


@pytest.mark.parametrize(
    ("tasks", "blocks", "added"),
    [
        (1, [], 1),
        (8, [], 1),
        (9, [], 2),
        (32, [], 4),
        (1000, [], 4),
        (32, [RUNNING, WAITING], 2),
        (32, [RUNNING, RUNNING, WAITING, WAITING], 0),
    ],
)
def test_blocks_are_added_until_all_tasks_run_at_once(
    tasks: int, blocks: list[Submitted], added: int
) -> None:
    assert decide(LIMITS, demand(tasks, left=10_000), blocks) == Change(submit=added)


def test_without_tasks_nothing_is_added_but_what_is_always_there() -> None:
    assert decide(LIMITS, demand(0), []) == Change()
    least = Limits(least=2, most=4, slots=8, idle_s=300.0)
    assert decide(least, demand(0), [RUNNING]) == Change(submit=1)


def test_no_block_is_added_for_work_that_is_done_before_it_starts() -> None:
    blocks = [RUNNING]  # does 16 tasks of a minute while a new block waits two minutes
    assert decide(LIMITS, demand(16), blocks) == Change()
    assert decide(LIMITS, demand(16, left=24), blocks) == Change()
    assert decide(LIMITS, demand(16, left=25), blocks) == Change(submit=1)


def test_how_long_tasks_take_does_not_matter_where_it_is_not_known() -> None:
    assert decide(LIMITS, demand(16, task_s=0.0), [RUNNING]) == Change(submit=1)


def test_a_block_that_ends_before_another_one_starts_is_replaced_in_time() -> None:
    ending = Submitted(waiting=False, left_s=100.0)
    assert decide(LIMITS, demand(8, left=500), [ending]) == Change(submit=1)
    full = [ending, RUNNING, RUNNING, RUNNING]
    assert decide(LIMITS, demand(32, left=500), full) == Change()  # never more than the most


def test_blocks_that_still_wait_are_cancelled_when_the_rest_is_done_without_them() -> None:
    assert decide(LIMITS, demand(4), [RUNNING, WAITING]) == Change(cancel_waiting=1)


def test_blocks_are_given_back_after_a_long_time_without_any_task() -> None:
    blocks = [RUNNING, RUNNING, WAITING]
    assert decide(LIMITS, demand(0, quiet_s=299.0), blocks) == Change()
    quiet = demand(0, quiet_s=300.0)
    assert decide(LIMITS, quiet, blocks) == Change(cancel_waiting=1, cancel_running=2)
    least = Limits(least=2, most=4, slots=8, idle_s=300.0)
    assert decide(least, quiet, blocks) == Change(cancel_waiting=1)


counts = st.integers(0, 40)
seconds = st.floats(0, 10_000)


@st.composite
def stories(draw: st.DrawFn) -> tuple[Limits, Demand, Sequence[Submitted]]:
    least = draw(st.integers(0, 6))
    limits = Limits(least, draw(st.integers(least, 12)), draw(st.integers(1, 64)), draw(seconds))
    tasks = draw(counts)
    wanted = Demand(tasks, tasks + draw(counts), draw(seconds), draw(seconds), draw(seconds))
    some = st.builds(Submitted, st.just(False), seconds) | st.just(Submitted(waiting=True))
    return limits, wanted, draw(st.lists(some, max_size=14))


@given(stories())
def test_whatever_happens_there_are_never_more_blocks_than_the_most(
    story: tuple[Limits, Demand, Sequence[Submitted]],
) -> None:
    limits, wanted, blocks = story
    change = decide(limits, wanted, blocks)
    assert change.submit == 0 or len(blocks) + change.submit <= limits.most
    assert min(change.submit, change.cancel_waiting, change.cancel_running) >= 0
    assert not (change.submit and (change.cancel_waiting or change.cancel_running))
    assert change.cancel_waiting <= sum(block.waiting for block in blocks)
    assert change.cancel_running <= sum(not block.waiting for block in blocks)


@given(stories())
def test_whatever_happens_no_block_is_added_for_work_that_is_done_before_it_starts(
    story: tuple[Limits, Demand, Sequence[Submitted]],
) -> None:
    limits, wanted, blocks = story
    there_too = sum(block.waiting or block.left_s > wanted.wait_s for block in blocks)
    added = decide(limits, wanted, blocks).submit
    if added and there_too + added > limits.least and wanted.task_s:
        running = sum(not block.waiting for block in blocks)
        done = running * limits.slots * wanted.wait_s / wanted.task_s
        rest = wanted.left - math.floor(min(wanted.left, done))
        assert rest > (there_too + added - 1) * limits.slots  # so the last of them has work


@given(stories())
def test_whatever_happens_the_least_is_kept_and_what_was_decided_is_enough(
    story: tuple[Limits, Demand, Sequence[Submitted]],
) -> None:
    limits, wanted, blocks = story
    change = decide(limits, wanted, blocks)
    lasting = sum(block.waiting or block.left_s > wanted.wait_s for block in blocks)
    after = lasting + change.submit - change.cancel_waiting - change.cancel_running
    assert after >= min(limits.least, lasting + max(0, limits.most - len(blocks)))
