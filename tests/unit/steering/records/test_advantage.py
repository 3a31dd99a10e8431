"""How many times better than random, and how sure."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molsteer.shared.wire.properties import Objective, Output, Quantity
from molsteer.steering.records.figures.advantage import advantage, ratio_of_shares, told
from molsteer.steering.records.hits import Valued

pytestmark = pytest.mark.fast

IP = Output(name="adiabatic_ionization_potential", level="xtb", unit="eV")


def test_the_interval_is_the_published_one():
    ratio = ratio_of_shares(36, 40, 16, 80)  # Koopman, 1984
    assert ratio.value == pytest.approx(4.5)
    assert (ratio.lowest, ratio.highest) == pytest.approx((2.94, 7.15), abs=0.01)


def test_without_hits_at_random_there_is_a_least_ratio():
    ratio = ratio_of_shares(12, 60, 0, 40)
    assert (ratio.value, ratio.highest) == (None, None)
    assert 1.5 < ratio.lowest < 12


def test_without_hits_of_models_there_is_a_largest_ratio():
    ratio = ratio_of_shares(0, 60, 12, 40)
    assert (ratio.value, ratio.lowest) == (0.0, 0.0)
    assert ratio.highest is not None
    assert 0.0 < ratio.highest < 0.3


def test_without_any_hit_nothing_is_known():
    ratio = ratio_of_shares(0, 60, 0, 40)
    assert (ratio.value, ratio.lowest, ratio.highest) == (None, 0.0, None)


@settings(deadline=None, max_examples=50)
@given(st.data(), st.integers(1, 50), st.integers(1, 50))
def test_the_interval_holds_what_was_found_and_turns_around(
    data: st.DataObject, count: int, other_count: int
):
    hits, others = data.draw(st.integers(1, count)), data.draw(st.integers(1, other_count))
    ratio = ratio_of_shares(hits, count, others, other_count)
    assert ratio.value is not None
    assert ratio.highest is not None
    assert 0.0 < ratio.lowest <= ratio.value * (1 + 1e-9)
    assert ratio.value * (1 - 1e-9) <= ratio.highest
    turned = ratio_of_shares(others, other_count, hits, count)
    assert turned.highest is not None
    ends = 1 / turned.highest, 1 / turned.lowest
    assert ends == pytest.approx((ratio.lowest, ratio.highest), rel=1e-3)  # where all are hits


@pytest.mark.parametrize(
    ("share", "count", "other", "other_count"), [(0.3, 150, 0.05, 60), (0.9, 40, 0.3, 40)]
)
def test_the_interval_holds_the_truth_as_often_as_it_says(
    share: float, count: int, other: float, other_count: int
):
    chance, held, times = Random(3), 0, 1500
    for _ in range(times):
        hits = sum(chance.random() < share for _ in range(count))
        others = sum(chance.random() < other for _ in range(other_count))
        ratio = ratio_of_shares(hits, count, others, other_count)
        highest = float("inf") if ratio.highest is None else ratio.highest
        held += ratio.lowest <= share / other <= highest
    assert 0.93 < held / times < 0.98


def valued(*values: float) -> list[Valued]:
    return [Valued(value) for value in values]


def test_without_a_threshold_medians_are_compared_whatever_the_goal():
    found = advantage(
        valued(3.0, 1.0, 2.0), valued(6.0, 4.0), Objective(output=IP, goal="minimise")
    )
    assert found is not None
    assert (found.times_better, found.chosen_hits, found.drawn_hits) == (None, None, None)
    assert found.median_ahead == Quantity(value=3.0, unit="eV")


def test_with_a_threshold_hits_are_counted():
    found = advantage(valued(15.0, 14.0, 16.0), valued(13.0, 15.0), Objective(output=IP, hit=14.5))
    assert found is not None
    assert (found.chosen, found.chosen_hits, found.drawn, found.drawn_hits) == (3, 2, 2, 1)
    assert found.times_better is not None
    assert found.times_better.value == pytest.approx(4 / 3)


def test_nothing_is_compared_with_nothing():
    assert advantage([], valued(1.0), Objective(output=IP)) is None
    assert advantage(valued(1.0), [], Objective(output=IP)) is None


def test_what_was_found_is_said_in_a_sentence():
    def said(chosen: int, chosen_hits: int, drawn: int, drawn_hits: int) -> str:
        groups = [
            valued(*[15.0] * hits, *[13.0] * (count - hits))
            for count, hits in ((chosen, chosen_hits), (drawn, drawn_hits))
        ]
        found = advantage(*groups, Objective(output=IP, hit=14.5))
        assert found is not None
        return told(found)

    assert said(40, 36, 80, 16) == (
        "Models choose hits 4.5 times (95 % sure: 2.9 to 7.2) as often as chance: "
        "36 hits among 40 chosen, 16 among 80 drawn."
    )
    assert "hits at least 2.2 times (95 % sure) as often" in said(60, 12, 40, 0)
    assert "cannot be told: 0 hits among 60 chosen, 0 among 40 drawn" in said(60, 0, 40, 0)
    plain = advantage(valued(3.0), valued(2.0, 3.0), Objective(output=IP))
    assert plain is not None
    assert told(plain) == (
        "The median of the 1 molecule that models chose is 0.500 eV better than that of the 2 "
        "that chance chose."
    )
