"""Trains surrogates on features: what each output needs, put together as one member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

import numpy as np
import torch

from molsteer.shared.ml.errors import MissingFeatures
from molsteer.shared.ml.on_features.gp import GaussianProcess, Process
from molsteer.shared.ml.on_features.manifest import OnFeatures
from molsteer.shared.ml.on_features.scaling import Scaling
from molsteer.shared.ml.on_features.trees import Trees, dense
from molsteer.shared.wire.arrays.features import Features
from molsteer.shared.wire.learning import Train, Trained, TrainedMember
from molsteer.shared.worker.port import TaskContext
from molsteer.trainer.borrowing import lenders
from molsteer.trainer.calibration import factor_only
from molsteer.trainer.correcting import Correction, corrections, learned_values
from molsteer.trainer.labelled import LabelledMolecules
from molsteer.trainer.on_features.gp import fit_process
from molsteer.trainer.on_features.held_out import Floats, HeldOut, whole
from molsteer.trainer.on_features.trees import fit_forest


def train_on_features(body: Train, context: TaskContext) -> Trained:
    """Train a surrogate on features; raises as `app.train` says."""
    data = LabelledMolecules.from_arrays(context.blobs.arrays(body.training_set), len(body.outputs))
    features = data.features
    if features is None:
        raise MissingFeatures(body.surrogate)
    corrected = corrections(body.outputs, data, body.indicators)
    poor = lenders(body.outputs, data)
    lent = {output: rich.output for output, rich in poor.items() if output not in corrected}
    learned = [output for output in range(len(body.outputs)) if output not in lent]
    manifest = _manifest(body, data, features, learned, lent, corrected)
    values = learned_values(data, corrected)[learned]
    surrogate, models = _fit(body, manifest, values, features, learned)
    held_out = whole(models, manifest)
    errors = [told.errors(value) for told, value in zip(held_out, data.value, strict=True)]
    mae = tuple(float(np.abs(error).mean()) if len(error) else None for error, _ in errors)
    return Trained(
        generation=body.generation,
        members=(
            TrainedMember(
                member=manifest.member, epochs=1, validation_mae=mae, stopped="converged"
            ),
        ),
        validation_mae=mae,
        calibration=tuple(factor_only(*told) for told in errors),
        device="cpu",
        weights=context.blobs.put(surrogate.to_arrays(), "safetensors", context.reply),
    )


def _manifest(
    body: Train,
    data: LabelledMolecules,
    features: Features,
    learned: Sequence[int],
    lent: Mapping[int, int],
    corrected: Mapping[int, Correction],
) -> OnFeatures:
    outputs = range(len(body.outputs))
    parts = [corrected.get(output) for output in outputs] if corrected else []
    return OnFeatures(
        surrogate="gp" if body.surrogate == "gp" else "trees",
        descriptors=features.descriptors.shape[1],
        electronic=features.electronic.shape[1],
        outputs=body.outputs,
        model=tuple(learned.index(lent.get(output, output)) for output in outputs),
        shift=tuple(data.shift(output, lent.get(output, output)) for output in outputs),
        base=tuple(part and part.base for part in parts),
        slope=tuple(part.slope if part else 0.0 for part in parts),
        member=body.members[0],
        generation=body.generation,
        seed=body.seed,
    )


def _fit(
    body: Train,
    manifest: OnFeatures,
    values: Floats,
    features: Features,
    learned: Sequence[int],
) -> tuple[GaussianProcess | Trees, list[HeldOut]]:
    chances = [np.random.default_rng([body.seed, manifest.member, model]) for model in learned]
    match manifest.surrogate:
        case "gp":
            scaling = Scaling.of(features)
            processes, held_out = zip(
                *(
                    fit_process(features, scaling, value, chance)
                    for value, chance in zip(values, chances, strict=True)
                ),
                strict=True,
            )
            return _over_shared_points(manifest, features, scaling, processes), list(held_out)
        case "trees":
            table = dense(features)
            forests, held_out = zip(
                *(
                    fit_forest(table, value, chance)
                    for value, chance in zip(values, chances, strict=True)
                ),
                strict=True,
            )
            return Trees(manifest, forests), list(held_out)
        case _:
            assert_never(manifest.surrogate)


def _over_shared_points(
    manifest: OnFeatures, features: Features, scaling: Scaling, processes: Sequence[Process]
) -> GaussianProcess:
    """Keep those molecules alone that are points of a process, each once, as the first has them."""
    points = np.concatenate([process.points for process in processes])
    rows = np.array([*dict.fromkeys(points.tolist())], dtype=np.int64)
    place = np.zeros(len(features), dtype=np.int64)
    place[rows] = np.arange(len(rows))
    kept = [replace(process, points=place[process.points]) for process in processes]
    return GaussianProcess(manifest, features.take(rows), scaling, kept, torch.device("cpu"))
