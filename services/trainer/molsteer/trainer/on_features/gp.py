"""Fits Gaussian processes: kernels to some labels, and predictions to all of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from molsteer.shared.ml.on_features.gp import Process
from molsteer.shared.ml.on_features.kernels import Kernel, Likeness, Points
from molsteer.shared.ml.on_features.scaling import Scaling
from molsteer.shared.wire.arrays.features import Features
from molsteer.trainer.on_features.held_out import Floats, HeldOut
from molsteer.trainer.on_features.inducing import (
    Solved,
    choose,
    solve_all,
    solve_mean,
    solve_through,
)
from molsteer.trainer.on_features.likelihood import fit_kernel

_KERNEL_LABELS = 300
"""Which settle the kernel's nine numbers; the cost grows with their cube."""

_EXACT_LABELS = 2000
"""Up to which all of them are points: above, scoring and solving would take too long."""

_MEAN_LABELS = 3000
"""Up to which all of them are points of the mean at least, and some of the spreads."""

_POINTS, _CANDIDATES = 1000, 3000
"""How many points stand for more labels than that, and from how many they are chosen."""

_BLOCK = 2048
"""Molecules compared with the points at a time."""

_ROUNDING = 1e-6
"""Spread in parts of the mean up to which labels, as float32, may be equal."""

_CPU = torch.device("cpu")
Rows = npt.NDArray[np.int64]


def fit_process(
    features: Features, scaling: Scaling, value: Floats, chance: np.random.Generator
) -> tuple[Process, HeldOut]:
    """Fit a process to the labels of one output.

    Args:
        features: Of all molecules of the training set.
        scaling: Of their dense features.
        value: Labels in the output's unit, NaN where there is none, shape (molecules,).
        chance: Draws the labels that the kernel is fitted to, if there are many.

    Returns:
        The process, whose points are rows of the training set, and what it says of each label by
        the others.
    """
    rows = np.flatnonzero(~np.isnan(value))
    centre, width = _scale(value[rows])
    labels = torch.from_numpy((value[rows] - centre) / width)
    told = _draw(rows, _KERNEL_LABELS, chance)
    kernel = fit_kernel(_likeness(features, scaling, rows[told]), labels[torch.from_numpy(told)])
    if len(rows) <= _EXACT_LABELS:
        points, solved = rows, solve_all(kernel, _likeness(features, scaling, rows), labels)
    elif len(rows) <= _MEAN_LABELS:
        likeness = _likeness(features, scaling, rows)
        order, solved = solve_mean(kernel, likeness, labels, _POINTS)
        points = rows[order.numpy()]
    else:
        points = rows[_inducing(features, scaling, rows, kernel, chance)]
        solved = _solve_many(features, scaling, rows, points, kernel, labels)
    held_out = HeldOut(np.full(len(value), np.nan), np.full(len(value), np.nan))
    held_out.mean[rows] = centre + width * solved.mean.numpy()
    held_out.spread[rows] = width * solved.spread.numpy()
    weights, factor = solved.weights.float().numpy(), solved.factor.float().numpy()
    return Process(kernel, centre, width, points, weights, factor), held_out


def _solve_many(
    features: Features, scaling: Scaling, rows: Rows, points: Rows, kernel: Kernel, labels: Tensor
) -> Solved:
    kept = Points(features.take(points), scaling, _CPU)
    blocks = (
        kept.likeness(features.take(rows[start : start + _BLOCK]))
        for start in range(0, len(rows), _BLOCK)
    )
    return solve_through(kernel, _exact(kept.likeness(features.take(points))), blocks, labels)


def _inducing(
    features: Features, scaling: Scaling, rows: Rows, kernel: Kernel, chance: np.random.Generator
) -> Rows:
    offered = _draw(rows, _CANDIDATES, chance)
    chosen = choose(kernel, _likeness(features, scaling, rows[offered]), _POINTS)
    points: Rows = offered[chosen.numpy()]
    return points


def _likeness(features: Features, scaling: Scaling, rows: Rows) -> Likeness:
    some = features.take(rows)
    return _exact(Points(some, scaling, _CPU).likeness(some))


def _exact(likeness: Likeness) -> Likeness:
    return Likeness(*(part.double() for part in likeness))


def _draw(rows: Rows, most: int, chance: np.random.Generator) -> Rows:
    """Draw places in a list of rows, ascending; all if there are few."""
    return np.sort(chance.permutation(len(rows))[:most])


def _scale(value: Floats) -> tuple[float, float]:
    """Give mean and standard deviation of labels, and 1 of the unit where that is 0."""
    if not len(value):
        return 0.0, 1.0
    centre, width = float(value.mean()), float(value.std())
    return centre, width if width > _ROUNDING * abs(centre) else 1.0
