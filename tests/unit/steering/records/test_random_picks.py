"""How much better than random a search is, and how sure that is."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_ledgers import FEW_HYDROGENS, HIGH_IP

from molsteer.steering.records.figures.by_chance import hits_by_chance
from molsteer.steering.records.figures.random_picks import advantage_of

pytestmark = pytest.mark.fast

(HIGH,), (FEW,) = HIGH_IP, FEW_HYDROGENS


def values(hits: int, count: int) -> list[float]:
    return [15.0] * hits + [14.0] * (count - hits)


def test_shares_that_are_alike_are_not_called_better() -> None:
    found = advantage_of(HIGH, values(10, 100), values(10, 100))
    assert found.times == pytest.approx(1.0)
    assert found.times_low is not None
    assert found.times_high is not None
    assert found.times_low < 1.0 < found.times_high


def test_where_chance_found_nothing_only_a_least_ratio_is_known() -> None:
    found = advantage_of(HIGH, values(29, 73), values(0, 47))
    assert (found.times, found.times_high) == (None, None)
    assert found.times_low is not None
    assert 5.0 < found.times_low < 20.0


@pytest.mark.parametrize("truth", [1.0, 3.0])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(truth: float) -> None:
    rng, share, held = np.random.default_rng(1), 0.1, 0
    for _ in range(200):
        chosen, drawn = rng.binomial(80, truth * share), rng.binomial(60, share)
        found = advantage_of(HIGH, values(int(chosen), 80), values(int(drawn), 60))
        high = np.inf if found.times_high is None else found.times_high
        held += (found.times_low or 0.0) <= truth <= high
    assert 0.9 <= held / 200 <= 1.0


def test_without_a_threshold_the_difference_of_means_is_told() -> None:
    found = advantage_of(FEW, [2.0, 3.0, 2.0], [9.0, 10.0, 8.0])
    assert (found.times_low, found.chosen_hits) == (None, None)
    assert found.gain is not None
    assert found.gain.value == pytest.approx(20 / 3)  # fewer are better
    assert found.gain_low is not None
    assert found.gain_low > 4.0


@pytest.mark.parametrize(("chosen", "drawn"), [(0, 5), (5, 0), (0, 0)])
def test_groups_that_are_empty_are_not_compared(chosen: int, drawn: int) -> None:
    found = advantage_of(HIGH, values(0, chosen), values(0, drawn))
    assert (found.times, found.times_low, found.gain) == (None, None, None)


def test_chance_expects_as_many_hits_as_the_random_picks_had() -> None:
    chance = hits_by_chance(5, 50, 2_000, [0, 10, 100])
    assert chance is not None
    assert list(chance.expected) == [0.0, 1.0, 10.0]
    assert chance.low[-1] <= 10.0 <= chance.high[-1]
    assert (chance.low[0], chance.high[0]) == (0.0, 0.0)


def test_the_band_is_narrower_the_more_was_drawn_at_random() -> None:
    few, many = (hits_by_chance(hits, 20 * hits, 10_000, [100]) for hits in (1, 50))
    assert few is not None
    assert many is not None
    assert few.high[0] - few.low[0] > many.high[0] - many.low[0]


def test_without_random_picks_nothing_is_foreseen() -> None:
    assert hits_by_chance(0, 0, 100, [10]) is None
