"""A surrogate: straight lines through sums over the atoms, instead of networks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.ranking import rank
from molsteer.shared.wire.arrays.thin_graphs import graphs_in
from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.shared.wire.learning import Infer, Inferred, Train, Trained, TrainedMember
from molsteer.shared.worker.port import Handler, TaskContext

Floats = npt.NDArray[np.float64]


def build_trainer() -> Handler[Train, Trained]:
    """Make what does `train` tasks."""
    return train


def build_inferencer() -> Handler[Infer, Inferred]:
    """Make what does `infer` tasks."""
    return infer


def train(body: Train, context: TaskContext) -> Trained:
    """Fit each member's lines to its own sample of the labels."""
    known = LabelledGraphs.from_arrays(
        context.blobs.arrays(body.training_set), outputs=len(body.outputs)
    )
    features, labels = _features(known.graphs), known.value.astype(np.float64)
    lines = np.stack(
        [
            _fit(features, labels, np.random.default_rng([body.seed, body.generation, member]))
            for member in body.members
        ]
    )
    members = tuple(
        TrainedMember(
            member=member,
            epochs=1,
            validation_mae=_errors(own @ features.T, labels),
            stopped="converged",
        )
        for member, own in zip(body.members, lines, strict=True)
    )
    return Trained(
        generation=body.generation,
        members=members,
        validation_mae=_errors(lines.mean(axis=0) @ features.T, labels),
        device="cpu",
        weights=context.blobs.put({"lines": lines}, "safetensors", context.reply),
    )


def infer(body: Infer, context: TaskContext) -> Inferred:
    """Score a chunk with all members."""
    features = _features(graphs_in(context.blobs.arrays(body.graphs)))
    lines = np.concatenate([context.blobs.arrays(blob)["lines"] for blob in body.weights])
    predictions = np.asarray(lines @ features.T, dtype=np.float32)
    return rank(body, predictions, context, device="cpu")


def _fit(features: Floats, labels: Floats, chance: np.random.Generator) -> Floats:
    """Draw some of the labels of each output, and fit a line: (outputs, features)."""
    lines = []
    for of_output in labels:
        known = np.flatnonzero(~np.isnan(of_output))
        sample = chance.choice(known, size=len(known))
        lines.append(np.linalg.lstsq(features[sample], of_output[sample])[0])
    return np.stack(lines)


def _errors(predicted: Floats, labels: Floats) -> tuple[float | None, ...]:
    """Take the mean absolute error of each output; None where it has no label."""
    errors = np.abs(predicted - labels)
    return tuple(
        None if np.isnan(of_output).all() else float(np.nanmean(of_output)) for of_output in errors
    )


def _features(graphs: PackedGraphs) -> Floats:
    first_atoms = np.cumsum(graphs.atom_counts, dtype=np.int64) - graphs.atom_counts
    sums = np.add.reduceat(graphs.atoms.astype(np.float64), first_atoms)
    return np.column_stack([np.ones(len(graphs)), sums])
