"""How many hits a search at random would have."""

from __future__ import annotations

import pytest

from molsteer.steering.records.figures.by_chance import hits_by_chance

pytestmark = pytest.mark.fast


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
