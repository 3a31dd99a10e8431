from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from molsteer.shared.ml.on_features.kernels import CountTable, matern, mean_squares
from molsteer.shared.wire.arrays.features import Counts

pytestmark = pytest.mark.fast

Patterns = dict[int, int]
patterns = st.dictionaries(st.integers(0, 12).map(lambda n: n * 300_000_007), st.integers(1, 255))
several = st.lists(patterns, min_size=1, max_size=6)
CPU = torch.device("cpu")


def packed(molecules: list[Patterns]) -> Counts:
    entries = [pair for molecule in molecules for pair in sorted(molecule.items())]
    return Counts(
        np.array([code for code, _ in entries], dtype=np.uint32),
        np.array([count for _, count in entries], dtype=np.uint8),
        np.array([len(molecule) for molecule in molecules], dtype=np.uint16),
    )


def minmax(one: Patterns, other: Patterns) -> float:
    codes = one.keys() | other.keys()
    minima, maxima = (
        sum(choose(one.get(code, 0), other.get(code, 0)) for code in codes) for choose in (min, max)
    )
    return minima / maxima if maxima else 1.0


@settings(deadline=None)
@given(several, several)
def test_tables_of_counts_give_minima_over_maxima(
    molecules: list[Patterns], points: list[Patterns]
) -> None:
    found = CountTable(packed(points), CPU).minmax(packed(molecules)).numpy()
    expected = [[minmax(one, other) for other in points] for one in molecules]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("count", [8, 9, 200])
def test_sums_of_minima_are_exact_however_large(count: int) -> None:
    many = dict.fromkeys(range(256), count)
    one_more = {**many, 0: count + 1}
    found = CountTable(packed([many, one_more]), CPU).minmax(packed([one_more]))
    total = 256.0 * count
    np.testing.assert_allclose(found[0], [total / (total + 1.0), 1.0], rtol=1e-7)


def test_points_may_be_none() -> None:
    nothing = Counts(np.zeros(0, np.uint32), np.zeros(0, np.uint8), np.zeros(0, np.uint16))
    assert CountTable(nothing, CPU).minmax(packed([{5: 2}])).shape == (1, 0)


def test_distances_and_matern_are_those_of_the_textbook() -> None:
    left, right = (torch.randn(n, 4, generator=torch.Generator().manual_seed(n)) for n in (3, 5))
    squares = mean_squares(left, right)
    np.testing.assert_allclose(
        squares, ((left[:, None] - right[None]) ** 2).mean(dim=2), rtol=1e-4, atol=1e-6
    )
    scaled = math.sqrt(5.0) * squares.sqrt() / 0.7
    expected = (1.0 + scaled + scaled**2 / 3.0) * torch.exp(-scaled)
    np.testing.assert_allclose(matern(squares, 0.7), expected, rtol=1e-4)
