"""The scales on which members learn: mean and spread of their own share of an output's labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from molsteer.shared.ml.network import Ensemble
from molsteer.trainer.bootstrap import Bootstrap
from molsteer.trainer.labelled import LabelledMolecules

_ROUNDING = 1e-6
"""Spread in parts of the mean up to which labels, as float32, may be equal."""

Floats = npt.NDArray[np.float64]


def fit_scales(ensemble: Ensemble, data: LabelledMolecules, bootstrap: Bootstrap) -> None:
    """Give members their scale of each output that they have not learned yet.

    A scale is kept once there is one, because the weights belong to it. Where a member has no
    label of an output in its share, or all labels are equal, the spread stays 0: the member says
    the mean of the labels, and 0 where there are none.
    """
    scales = [
        _scale(value[known], bootstrap.counts[:, known].astype(np.float64))
        for value, known in zip(data.value, data.known, strict=True)
    ]
    mean, spread = (
        torch.from_numpy(np.stack(parts, axis=1)) for parts in zip(*scales, strict=True)
    )
    new = ensemble.label_spread == 0
    ensemble.label_mean[new] = mean.float()[new]
    ensemble.label_spread[new] = spread.float()[new]


def units(label_spread: Tensor) -> Tensor:
    """Give what errors are measured in: label spreads, and 1 of the unit where those are 0."""
    return torch.where(label_spread > 0, label_spread, 1.0)


def _scale(value: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Reduce the labels of an output to each member's mean and spread, both (members,)."""
    if not len(value):
        return np.zeros(len(counts)), np.zeros(len(counts))
    seen = counts.sum(axis=1) > 0
    weights = np.where(seen[:, None], counts, 1.0)
    mean = np.average(np.broadcast_to(value, weights.shape), axis=1, weights=weights)
    spread = np.sqrt(np.average((value - mean[:, None]) ** 2, axis=1, weights=weights))
    spread = np.where(_differ(spread, mean), spread, value.std())
    return mean, np.where(seen & _differ(spread, mean), spread, 0.0)


def _differ(spread: Floats, mean: Floats) -> npt.NDArray[np.bool_]:
    return spread > _ROUNDING * np.abs(mean)
