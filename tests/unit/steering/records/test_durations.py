from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molsteer.steering.records.durations import (
    Distribution,
    SlotChange,
    Work,
    decisions_s,
    distribution,
    idle_s,
    slot_time_s,
)

pytestmark = pytest.mark.fast

SECONDS = st.floats(0.0, 1e6)


def test_durations_are_summed_up_by_median_mean_and_the_time_that_most_stay_below() -> None:
    assert distribution([1.0, 2.0, 3.0, 4.0, 10.0]) == Distribution(
        count=5, median_s=3.0, mean_s=4.0, p95_s=pytest.approx(8.8)
    )


def test_one_duration_is_all_of_it_and_none_is_nothing() -> None:
    assert distribution([7.0]) == Distribution(count=1, median_s=7.0, mean_s=7.0, p95_s=7.0)
    assert distribution([]) is None


def test_a_decision_ends_with_the_next_dispatch() -> None:
    assert list(decisions_s(settled_at=[10.0, 11.0, 20.0], dispatched_at=[5.0, 11.5, 20.0])) == [
        1.5,
        0.5,
        0.0,
    ]


def test_what_nothing_was_dispatched_after_was_no_decision() -> None:
    assert list(decisions_s(settled_at=[10.0], dispatched_at=[9.0])) == []


def test_idle_is_the_time_between_two_tasks_of_the_same_process() -> None:
    works = [
        Work("a", 0.0, 10.0),
        Work("b", 0.0, 11.0),
        Work("b", 14.0, 15.0),
        Work("a", 12.0, 20.0),
    ]
    assert sorted(idle_s(works)) == [2.0, 3.0]


def test_a_task_that_follows_at_once_counts_and_one_that_overlaps_does_not() -> None:
    works = [Work("a", 0.0, 10.0), Work("a", 10.0, 20.0), Work("a", 20.5, 30.0)]
    assert list(idle_s([*works, Work("a", 29.0, 40.0)])) == [0.0, 0.5]


def test_a_process_that_had_nothing_to_do_for_long_was_not_idle() -> None:
    works = [Work("a", 0.0, 10.0), Work("a", 70.0, 80.0), Work("a", 139.0, 140.0)]
    assert list(idle_s(works)) == [59.0]


def test_slots_count_for_as_long_as_they_were_there() -> None:
    # Two slots for 10 s, four for 5 s, none for 5 s.
    changes = [SlotChange(10.0, 4), SlotChange(15.0, 0)]
    assert slot_time_s(2, changes, begin=0.0, end=20.0) == 40.0


def test_changes_before_the_beginning_and_after_the_end_only_say_how_many_there_are() -> None:
    changes = [SlotChange(1.0, 3), SlotChange(30.0, 9)]
    assert slot_time_s(2, changes, begin=10.0, end=20.0) == 30.0


@given(st.lists(SECONDS, min_size=1))
def test_a_distribution_lies_within_its_durations(durations_s: list[float]) -> None:
    found = distribution(durations_s)
    assert found is not None
    assert min(durations_s) <= found.median_s <= found.p95_s <= max(durations_s)
    assert found.mean_s == pytest.approx(sum(durations_s) / len(durations_s))


@given(st.lists(SECONDS), st.lists(SECONDS))
def test_no_decision_ends_before_it_begins(settled_at: list[float], sent_at: list[float]) -> None:
    found = list(decisions_s(settled_at, sent_at))
    assert len(found) == sum(settled <= max(sent_at, default=-1.0) for settled in settled_at)
    assert all(duration_s >= 0.0 for duration_s in found)


@given(st.lists(st.tuples(SECONDS, st.integers(0, 9))), st.tuples(SECONDS, SECONDS, SECONDS))
def test_slot_time_of_two_periods_is_that_of_both_together(
    drawn: list[tuple[float, int]], moments: tuple[float, float, float]
) -> None:
    changes = sorted(SlotChange(*change) for change in drawn)
    begin, middle, end = sorted(moments)
    parts_s = slot_time_s(1, changes, begin, middle) + slot_time_s(1, changes, middle, end)
    assert slot_time_s(1, changes, begin, end) == pytest.approx(parts_s, abs=1e-3)
