from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from molsteer.shared.ml.on_features.kernels import Kernel, Likeness, mean_squares
from molsteer.trainer.on_features.inducing import choose, solve_all, solve_mean, solve_through
from molsteer.trainer.on_features.likelihood import fit_kernel

pytestmark = pytest.mark.fast

KERNEL = Kernel((0.1, 0.2, 0.7, 0.5), (0.8, 1.5), 0.05)


def some_molecules(count: int, seed: int = 1) -> tuple[Likeness, Tensor]:
    """Points in a plane and on a line, and a smooth value of the points in the plane."""
    chance = torch.Generator().manual_seed(seed)
    plane = torch.randn(count, 2, generator=chance, dtype=torch.float64)
    line = torch.randn(count, 1, generator=chance, dtype=torch.float64)
    alike = torch.eye(count, dtype=torch.float64)
    likeness = Likeness(alike, alike, mean_squares(plane, plane), mean_squares(line, line))
    value = torch.sin(2.0 * plane[:, 0]) + 0.5 * plane[:, 1]
    return likeness, (value - value.mean()) / value.std()


def part(likeness: Likeness, rows: list[int], columns: list[int]) -> Likeness:
    return Likeness(*(each[rows][:, columns] for each in likeness))


def test_every_label_is_predicted_as_if_it_had_not_been_there() -> None:
    likeness, value = some_molecules(30)
    whole = solve_all(KERNEL, likeness, value)
    for row in (0, 13, 29):
        others = [other for other in range(30) if other != row]
        without = solve_all(KERNEL, part(likeness, others, others), value[others])
        (covariance,) = KERNEL(part(likeness, [row], others))
        taken = (without.factor @ covariance).square().sum()
        assert float(covariance @ without.weights) == pytest.approx(float(whole.mean[row]))
        doubt = (KERNEL.variance + KERNEL.noise - taken).sqrt()
        assert float(doubt) == pytest.approx(float(whole.spread[row]))


def test_with_every_label_as_a_point_points_change_nothing() -> None:
    likeness, value = some_molecules(40)
    halves = [part(likeness, list(rows), list(range(40))) for rows in (range(25), range(25, 40))]
    exact = solve_all(KERNEL, likeness, value)
    through = solve_through(KERNEL, likeness, halves, value)
    np.testing.assert_allclose(through.weights, exact.weights, atol=1e-3)
    np.testing.assert_allclose(through.mean, exact.mean, atol=1e-4)
    np.testing.assert_allclose(through.spread, exact.spread, atol=1e-4)
    covariance = KERNEL(likeness)[:5]
    np.testing.assert_allclose(
        (covariance @ through.factor.T).square().sum(dim=1),
        (covariance @ exact.factor.T).square().sum(dim=1),
        rtol=1e-3,
    )


def test_of_what_takes_variance_half_is_left_to_multiply() -> None:
    likeness, value = some_molecules(40)
    through = solve_through(KERNEL, likeness, [likeness], value).factor
    np.testing.assert_array_equal(through, through.triu())
    exact = solve_all(KERNEL, likeness, value).factor
    np.testing.assert_array_equal(exact, exact.tril())


def test_some_points_stand_for_many_labels() -> None:
    likeness, value = some_molecules(300)
    smooth = Kernel((0.0, 0.0, 1.0, 1e-3), (2.0, 1.0), 0.01)
    points = choose(smooth, likeness, 60)
    rows = points.tolist()
    assert len(set(rows)) == len(rows) <= 60
    labelled = part(likeness, list(range(300)), rows)
    through = solve_through(smooth, part(likeness, rows, rows), [labelled], value)
    exact = solve_all(smooth, likeness, value)
    assert float((through.mean - exact.mean).abs().mean()) < 0.05
    assert float((through.mean - value).abs().mean()) < 0.2


def test_means_come_of_all_labels_where_spreads_come_of_some() -> None:
    likeness, value = some_molecules(300)
    asked, told = list(range(200, 300)), list(range(200))
    known = part(likeness, told, told)
    exact = solve_all(KERNEL, known, value[told])
    order, mixed = solve_mean(KERNEL, known, value[told], 150)
    assert sorted(order.tolist()) == told
    covariance = KERNEL(part(likeness, asked, told))
    np.testing.assert_allclose(
        covariance[:, order] @ mixed.weights, covariance @ exact.weights, atol=1e-9
    )
    np.testing.assert_allclose(mixed.mean, exact.mean)
    assert not mixed.factor[:, 150:].any()
    taken = (covariance[:, order] @ mixed.factor.T).square().sum(dim=1)
    np.testing.assert_allclose(
        taken, (covariance @ exact.factor.T).square().sum(dim=1), atol=0.1 * KERNEL.variance
    )


def test_labels_that_nothing_explains_have_a_point_still() -> None:
    likeness, _ = some_molecules(20)
    noise = Kernel((1e-3, 1e-3, 1e-3, 1e-3), (1.0, 1.0), 1.0)
    assert len(choose(noise, likeness, 10)) == 1


def test_of_equal_molecules_one_is_a_point() -> None:
    likeness, _ = some_molecules(20)
    twice = [*range(20), *range(20)]
    assert len(choose(KERNEL, part(likeness, twice, twice), 40)) <= 20


def test_the_kernel_tells_what_matters_from_what_does_not() -> None:
    likeness, value = some_molecules(150)
    kernel = fit_kernel(likeness, value)
    assert kernel.weights[2] > 10 * max(kernel.weights[0], kernel.weights[1], kernel.weights[3])
    assert kernel.noise < 0.05


def test_without_labels_the_kernel_is_what_was_expected() -> None:
    nothing = torch.zeros((0, 0), dtype=torch.float64)
    kernel = fit_kernel(Likeness(nothing, nothing, nothing, nothing), nothing[0:0, 0:1].flatten())
    assert kernel.variance == pytest.approx(1.0)
    assert kernel.noise == pytest.approx(0.05)
