"""Trains members of the ensemble of graph networks."""

from __future__ import annotations

import time
from typing import Literal

import numpy as np

from molsteer.shared.ml.device import choose_device, device_name
from molsteer.shared.ml.network import Ensemble
from molsteer.shared.ml.weights import EnsembleWeights
from molsteer.shared.wire.ensemble import Architecture, Manifest
from molsteer.shared.wire.learning import Train, Trained, TrainedMember
from molsteer.shared.worker.port import TaskContext
from molsteer.trainer.beginning import from_scratch, from_weights
from molsteer.trainer.best_weights import BestWeights
from molsteer.trainer.bootstrap import Bootstrap, draw_bootstrap
from molsteer.trainer.borrowing import borrow, lenders
from molsteer.trainer.calibration import with_floor
from molsteer.trainer.errors import Diverged
from molsteer.trainer.fit import fit
from molsteer.trainer.labelled import LabelledMolecules
from molsteer.trainer.scales import Floats
from molsteer.trainer.validation import Validation

_SHARE_OF_TIME = 0.9
"""Part of the task's time that training may use; the rest is for a last validation."""


def train_ensemble(body: Train, context: TaskContext) -> Trained:
    """Train members of the ensemble; raises as `app.train` says."""
    deadline = time.monotonic() + min(body.plan.deadline_s, _SHARE_OF_TIME * context.remaining_s)
    data = LabelledMolecules.from_arrays(context.blobs.arrays(body.training_set), len(body.outputs))
    bootstrap = draw_bootstrap(body.seed, body.members, len(data))
    lent = lenders(body.outputs, data, body.indicators)
    lesson = data.without(lent)
    ensemble = _begin(body, context, lesson, bootstrap)

    plan = body.plan if body.warm_start is None else body.plan.going_on()

    best = fit(ensemble, lesson, bootstrap, plan, body.seed, lambda: time.monotonic() >= deadline)
    _check_converged(body, best)
    borrow(ensemble, lent, data)

    manifest = Manifest(
        architecture=_architecture(body),
        outputs=body.outputs,
        members=body.members,
        generation=body.generation,
        seed=body.seed,
    )
    weights = EnsembleWeights.of(ensemble, manifest).to_arrays()
    validation = Validation.of(ensemble, data, bootstrap)
    of_members, of_their_mean = validation.errors(ensemble)
    return Trained(
        generation=body.generation,
        members=_describe(body, best, of_members),
        validation_mae=_or_none(of_their_mean),
        calibration=tuple(with_floor(*told) for told in validation.by_others(ensemble)),
        device=device_name(ensemble.label_mean.device),
        weights=context.blobs.put(weights, "safetensors", context.reply),
    )


def _begin(
    body: Train, context: TaskContext, data: LabelledMolecules, bootstrap: Bootstrap
) -> Ensemble:
    architecture = _architecture(body)
    if body.warm_start is None:
        ensemble = from_scratch(body, architecture, data, bootstrap)
    else:
        parts = [
            EnsembleWeights.from_arrays(context.blobs.arrays(blob)) for blob in body.warm_start
        ]
        ensemble = from_weights(body, architecture, data, bootstrap, parts)
    return ensemble.to(choose_device())


def _architecture(body: Train) -> Architecture:
    return Architecture(width=body.plan.width, layers=body.plan.layers, outputs=len(body.outputs))


def _check_converged(body: Train, best: BestWeights) -> None:
    lost = best.diverged & (best.best_epoch == 0)
    if lost.any():
        guilty = [member for member, is_lost in zip(body.members, lost, strict=True) if is_lost]
        raise Diverged(guilty, body.plan.learning_rate)


def _describe(body: Train, best: BestWeights, errors: Floats) -> tuple[TrainedMember, ...]:
    ran_out: Literal["epochs", "deadline"] = (
        "epochs" if best.last_epoch.max() == body.plan.epochs else "deadline"
    )
    return tuple(
        TrainedMember(
            member=member,
            epochs=int(best.last_epoch[row]),
            validation_mae=_or_none(errors[row]),
            stopped=ran_out if best.training[row] else "converged",
        )
        for row, member in enumerate(body.members)
    )


def _or_none(errors: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(error) else float(error) for error in errors)
