"""Solves a Gaussian process: over all labels, or through some points if there are many."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from molsteer.shared.ml.on_features.kernels import Kernel, Likeness

_JITTER = 1e-6  # in parts of the variance
_TOLD_ENOUGH = 0.1
"""Part of the noise that the variance of any molecule may still have, given the points."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A process and what it says of each label by the others; float64 throughout.

    Attributes:
        weights: Of the covariances with the points in the mean, shape (points,).
        factor: Of what the points take of the variance, shape (any, points).
        mean, spread: By the other labels, noise included, shape (labels,).
    """

    weights: Tensor
    factor: Tensor
    mean: Tensor
    spread: Tensor


def solve_all(kernel: Kernel, likeness: Likeness, value: Tensor) -> Solved:
    """Solve with every labelled molecule as a point.

    Source:
        Rasmussen and Williams, 2006, equations 2.23 to 2.26 and, for each label by the others,
        5.10 to 5.12.
    """
    covariance = kernel(likeness)
    covariance.diagonal().add_(kernel.noise)
    lower = torch.linalg.cholesky(covariance)
    weights = torch.cholesky_solve(value[:, None], lower)[:, 0]
    inverse = torch.linalg.solve_triangular(lower, torch.eye(len(lower)).double(), upper=False)
    precision = inverse.square().sum(dim=0)
    return Solved(weights, inverse, value - weights / precision, precision.rsqrt())


def choose(kernel: Kernel, likeness: Likeness, most: int) -> Tensor:
    """Choose points: each time the molecule of which the points before say least.

    Args:
        kernel: Says how much they tell of each other.
        likeness: Of the molecules to choose from, with each other, float64.
        most: How many points to choose, unless fewer tell enough; one at least.

    Returns:
        Rows of the points, int64.

    Source:
        The greedy variance of Burt, Rasmussen and van der Wilk, JMLR 21 (2020), 131.
    """
    covariance = kernel(likeness)
    left = covariance.diagonal().clone()
    factors = torch.zeros((min(most, len(left)), len(left)), dtype=torch.float64)
    points: list[int] = []
    for step, factor in enumerate(factors):
        point = int(left.argmax())
        if points and float(left[point]) <= _TOLD_ENOUGH * kernel.noise:
            break
        told = factors[:step]
        factor.copy_(covariance[point]).sub_(told[:, point] @ told).div_(math.sqrt(left[point]))
        left.sub_(factor.square())
        left[point] = 0.0
        points.append(point)
    return torch.tensor(sorted(points))


def solve_mean(
    kernel: Kernel, likeness: Likeness, value: Tensor, most: int
) -> tuple[Tensor, Solved]:
    """Solve with every labelled molecule as a point of the mean, and with some for the spreads.

    Spreads cost the square of their points, and means their number.

    Args:
        kernel: Covariances of labels of mean 0 and variance 1.
        likeness: Of the labelled molecules with each other, float64.
        value: Their labels.
        most: How many points the spreads have.

    Returns:
        The molecules in the order of the points, int64, and the process.
    """
    every = solve_all(kernel, likeness, value)
    some = choose(kernel, likeness, most)
    halves = likeness.of(some)
    through = solve_through(kernel, Likeness(*(part[some] for part in halves)), [halves], value)
    others = torch.ones(len(value), dtype=torch.bool)
    others[some] = False
    order = torch.cat([some, others.nonzero()[:, 0]])
    factor = functional.pad(through.factor, (0, len(value) - len(some)))
    return order, Solved(every.weights[order], factor, every.mean, through.spread)


def solve_through(
    kernel: Kernel, points: Likeness, labelled: Iterable[Likeness], value: Tensor
) -> Solved:
    """Solve with points that stand between all molecules, each keeping its own doubt.

    Args:
        kernel: Covariances of labels of mean 0 and variance 1.
        points: Of the points with each other, float64.
        labelled: Of the labelled molecules with the points, some at a time, in their order.
        value: All labels.

    Source:
        The fully independent training conditional of Snelson and Ghahramani, NIPS 18 (2006), 1257;
        each label by the others as for `solve_all`.
    """
    covariance = kernel(points)
    covariance.diagonal().add_(_JITTER * kernel.variance)
    lower = torch.linalg.cholesky(covariance)
    unit = torch.eye(len(lower), dtype=torch.float64)
    halves, doubts = [], []
    gathered, pulled = unit.clone(), torch.zeros(len(lower), dtype=torch.float64)
    start = 0
    for some in labelled:
        half = torch.linalg.solve_triangular(lower, kernel(some).double().T, upper=False)
        doubt = (kernel.variance - half.square().sum(dim=0)).clamp_(min=0.0).add_(kernel.noise)
        gathered += half @ (half / doubt).T
        pulled += half @ (value[start : start + len(doubt)] / doubt)
        halves.append(half.float())
        doubts.append(doubt)
        start += len(doubt)

    sizes, axes = torch.linalg.eigh(gathered)
    inverse = torch.linalg.solve_triangular(lower, unit, upper=False)
    weights = axes @ ((axes.T @ pulled) / sizes)
    taken = ((sizes - 1.0).clamp(min=0.0) / sizes).sqrt()
    by_others = [
        _by_others(half.double(), doubt, own, weights, axes / sizes.sqrt())
        for half, doubt, own in zip(
            halves, doubts, torch.split(value, [len(doubt) for doubt in doubts]), strict=True
        )
    ]
    mean, spread = (torch.cat(parts) for parts in zip(*by_others, strict=True))
    # The same squares from a triangle, of which half need not be multiplied.
    factor = torch.linalg.qr(taken[:, None] * (axes.T @ inverse), mode="r").R
    return Solved(inverse.T @ weights, factor, mean, spread)


def _by_others(
    half: Tensor, doubt: Tensor, value: Tensor, weights: Tensor, axes: Tensor
) -> tuple[Tensor, Tensor]:
    precision = (1.0 - (axes.T @ half).square().sum(dim=0) / doubt) / doubt
    error = (value - weights @ half) / doubt / precision
    return value - error, precision.rsqrt()
