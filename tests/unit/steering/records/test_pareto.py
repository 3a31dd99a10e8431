"""The Pareto front holds what nothing else beats in everything at once."""

from __future__ import annotations

import random

import pytest

from molsteer.steering.records.figures.pareto.front import front

pytestmark = pytest.mark.fast


def dominates(one: list[float], other: list[float]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def test_nothing_has_an_empty_front() -> None:
    assert front([]) == []


def test_by_one_objective_the_best_are_the_front() -> None:
    assert front([[1.0], [3.0], [2.0], [3.0]]) == [1, 3]


def test_equals_stand_beside_each_other() -> None:
    assert front([[1.0, 2.0], [1.0, 2.0], [0.0, 2.0]]) == [0, 1]


def test_the_best_by_the_first_objective_comes_first() -> None:
    assert front([[0.0, 9.0], [5.0, 5.0], [9.0, 0.0], [4.0, 4.0]]) == [2, 1, 0]


@pytest.mark.parametrize("objectives", [2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_it_holds_exactly_what_nothing_dominates(objectives: int, seed: int) -> None:
    chance = random.Random(seed)
    # Few values, so that many are equal.
    merits = [[float(chance.randrange(6)) for _ in range(objectives)] for _ in range(80)]
    undominated = {
        place
        for place, merit in enumerate(merits)
        if not any(dominates(other, merit) for other in merits)
    }
    found = front(merits)
    assert set(found) == undominated
    assert len(found) == len(undominated)
