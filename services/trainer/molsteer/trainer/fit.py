"""Trains all members at once: shared minibatches, one sample, one stop and one best for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.optim.lr_scheduler import CosineAnnealingLR

from molsteer.shared.ml.batch import collate
from molsteer.shared.ml.network import Ensemble
from molsteer.shared.wire.specs import TrainingPlan
from molsteer.trainer.best_weights import BestWeights
from molsteer.trainer.bootstrap import Bootstrap
from molsteer.trainer.labelled import LabelledMolecules
from molsteer.trainer.scales import units
from molsteer.trainer.validation import Validation

_FINAL_RATE = 0.02  # of the learning rate at the start
_LARGEST_GRADIENT = 1.0  # norm of one member's gradient, in standardised units


def fit(
    ensemble: Ensemble,
    data: LabelledMolecules,
    bootstrap: Bootstrap,
    plan: TrainingPlan,
    seed: int,
    out_of_time: Callable[[], bool],
) -> BestWeights:
    """Train an ensemble; it ends with the best weights of each member.

    Members never touch each other: each would become the same alone.

    Args:
        ensemble: The members as they start, on the device to train on.
        data: What to learn from.
        bootstrap: Each member's share of it.
        plan: How to train.
        seed: Decides the order of the minibatches.
        out_of_time: Tells after each step whether to stop with what there is.

    Returns:
        How it went, member by member.
    """
    validation = Validation.of(ensemble, data, bootstrap)
    best = BestWeights(ensemble, plan.patience)
    best.record(0, ensemble, validation.relative_errors(ensemble))
    optimizer = torch.optim.Adam(ensemble.parameters(), lr=plan.learning_rate, fused=True)
    steps = plan.epochs * math.ceil(len(data) / plan.batch_size)
    schedule = CosineAnnealingLR(optimizer, steps, plan.learning_rate * _FINAL_RATE)
    order = np.random.default_rng(seed)
    known = data.known
    values = torch.from_numpy(np.where(known, data.value, 0.0).astype(np.float32))
    counts = bootstrap.counts[:, None, :] * known  # (members, outputs, molecules)

    for epoch in range(1, plan.epochs + 1):
        weights = torch.from_numpy(counts * best.training[:, None, None])
        for rows in _minibatches(len(data), plan.batch_size, order):
            loss = _loss(ensemble, data, values[:, rows], weights[..., rows], rows)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            _clip_gradients(ensemble)
            optimizer.step()
            schedule.step()
            if out_of_time():
                break
        best.record(epoch, ensemble, validation.relative_errors(ensemble))
        if out_of_time() or not best.training.any():
            break
    best.restore(ensemble)
    return best


def _minibatches(
    molecules: int, size: int, order: np.random.Generator
) -> Iterator[npt.NDArray[np.int64]]:
    rows = order.permutation(molecules)
    for start in range(0, molecules, size):
        yield rows[start : start + size]


def _loss(
    ensemble: Ensemble,
    data: LabelledMolecules,
    values: Tensor,
    weights: Tensor,
    rows: npt.NDArray[np.int64],
) -> Tensor:
    """Add up the members' losses: squared errors in units of a member's own label spreads.

    A label that is not there has the weight 0. Where the spread is 0, nothing is learned.
    """
    device = ensemble.label_mean.device
    predictions: Tensor = ensemble(collate(data.graphs.take(rows)).to(device))
    errors = (predictions - values.to(device)) / units(ensemble.label_spread)[..., None]
    return (weights.to(device) * errors.square()).sum() / len(rows)


def _clip_gradients(ensemble: Ensemble) -> None:
    """Shorten the gradient of each member by itself."""
    gradients = [tensor.grad for tensor in ensemble.parameters() if tensor.grad is not None]
    squares = torch.stack([gradient.square().sum(dim=(1, 2)) for gradient in gradients])
    shorter = (_LARGEST_GRADIENT / (squares.sum(dim=0).sqrt() + 1e-12)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(shorter[:, None, None])
