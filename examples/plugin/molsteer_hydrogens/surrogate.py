"""A surrogate: straight lines through sums over the atoms, instead of networks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.ranking import rank
from molsteer.shared.blobs.port import Arrays
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.shared.wire.messages import Infer, Inferred, Train, Trained, TrainedMember
from molsteer.shared.worker.port import Handler, TaskContext


def build_trainer() -> Handler[Train, Trained]:
    """Make what does `train` tasks."""
    return train


def build_inferencer() -> Handler[Infer, Inferred]:
    """Make what does `infer` tasks."""
    return infer


def train(body: Train, context: TaskContext) -> Trained:
    """Fit each member to its own sample of the labels."""
    arrays = context.blobs.arrays(body.training_set)
    features, values_eV = _features(arrays), np.asarray(arrays["value"], dtype=np.float64)
    lines, members = [], []
    for member in body.members:
        chance = np.random.default_rng([body.seed, body.generation, member])
        sample = chance.integers(len(values_eV), size=len(values_eV))
        line = np.linalg.lstsq(features[sample], values_eV[sample])[0]
        error_eV = float(np.abs(features @ line - values_eV).mean())
        lines.append(line)
        members.append(
            TrainedMember(member=member, epochs=1, validation_mae_eV=error_eV, stopped="converged")
        )
    return Trained(
        generation=body.generation,
        members=tuple(members),
        validation_mae_eV=float(np.mean([member.validation_mae_eV for member in members])),
        device="cpu",
        weights=context.blobs.put({"lines": np.array(lines)}, "safetensors", context.reply),
    )


def infer(body: Infer, context: TaskContext) -> Inferred:
    """Score a chunk with all members."""
    features = _features(context.blobs.arrays(body.graphs))
    lines = np.concatenate([context.blobs.arrays(blob)["lines"] for blob in body.weights])
    predictions = np.asarray(lines @ features.T, dtype=np.float32)
    return rank(body, predictions, context, device="cpu")


def _features(arrays: Arrays) -> npt.NDArray[np.float64]:
    graphs = PackedGraphs.from_arrays(arrays)
    first_atoms = np.cumsum(graphs.atom_counts, dtype=np.int64) - graphs.atom_counts
    sums = np.add.reduceat(graphs.atoms.astype(np.float64), first_atoms)
    return np.column_stack([np.ones(len(graphs)), sums])
