from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from molsteer.shared.ml.on_features.gp import Asked, Process
from molsteer.shared.ml.on_features.kernels import Kernel, Likeness

pytestmark = pytest.mark.fast

KERNEL = Kernel((0.4, 0.3, 0.2, 0.1), (1.0, 1.0), 0.01)
POINTS = 300


def process(factor: np.ndarray) -> Process:
    points, weights = np.arange(POINTS), np.full(POINTS, 0.01, dtype=np.float32)
    return Process(KERNEL, 2.0, 3.0, points, weights, factor.astype(np.float32))


@pytest.mark.parametrize("shape", ["lower", "upper", "full", "nothing"])
def test_zeros_of_a_factor_are_left_out_and_change_no_spread(shape: str) -> None:
    chance = np.random.default_rng(3)
    whole = chance.normal(size=(POINTS, POINTS)) * 0.002
    factor = {"lower": np.tril, "upper": np.triu, "full": np.array, "nothing": np.zeros_like}[shape]
    likeness = Likeness(*(torch.rand(5, POINTS) for _ in range(4)))
    taken = np.square(KERNEL(likeness).numpy() @ factor(whole).T).sum(axis=1)
    _, spread = Asked(process(factor(whole)), torch.device("cpu"))(likeness)
    expected = 3.0 * np.sqrt(KERNEL.variance + KERNEL.noise - taken)
    np.testing.assert_allclose(spread, expected, rtol=1e-4)


def test_points_may_stand_in_another_order() -> None:
    chance = np.random.default_rng(4)
    factor = chance.normal(size=(50, POINTS)) * 0.002
    weights = chance.normal(size=POINTS).astype(np.float32)
    likeness = Likeness(*(torch.rand(5, POINTS) for _ in range(4)))
    straight = replace(process(factor), weights=weights)
    order = chance.permutation(POINTS)
    mixed = replace(process(factor[:, order]), points=order, weights=weights[order])
    asked = [Asked(each, torch.device("cpu"))(likeness) for each in (straight, mixed)]
    np.testing.assert_allclose(*(mean for mean, _ in asked), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(*(spread for _, spread in asked), rtol=1e-4)
