"""From the predictions of an ensemble, of whatever kind, to the answer of an `infer` task."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.acquisition import (
    Known,
    best_rows,
    expectations,
    mean_and_spread,
    score,
)
from molsteer.inferencer.kinds import Moments, combined
from molsteer.inferencer.rules.cost import per_second
from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.learning import Infer, Inferred
from molsteer.shared.wire.specs import Surrogate
from molsteer.shared.worker.port import TaskContext


def rank(
    body: Infer, predictions: npt.NDArray[np.float32], context: TaskContext, device: str
) -> Inferred:
    """Keep the best candidates of a chunk, and sum up the rest.

    Args:
        body: What was asked for.
        predictions: Finite values in the units of the outputs, shape (members, outputs, molecules
            of the chunk).
        context: Takes the candidates.
        device: What the predictions were made on.

    Raises:
        PluginMissing: If the acquisition is not installed here.
        UnusableScores: If it does not score every molecule.
    """
    return rank_kinds(body, {"graphs": mean_and_spread(predictions)}, context, device)


def rank_kinds(
    body: Infer, kinds: Mapping[Surrogate, Moments], context: TaskContext, device: str
) -> Inferred:
    """Do as `rank`, from mean and spread of each kind of surrogate."""
    mean, spread = combined(body, kinds)
    expected = expectations(body.aims, body.outputs, mean, spread)
    scores = score(expected, body.acquisition, known_to(body, mean.shape[1]))
    if body.cost is not None:
        heavy_atoms = context.blobs.arrays(body.graphs)["atom_counts"].astype(np.float64)
        scores = per_second(scores, body.cost, heavy_atoms)
    rows = best_rows(scores, body.keep, body.also)
    candidates = Candidates(
        row=rows,
        score=scores[rows].astype(np.float32),
        mean=mean[:, rows].astype(np.float32),
        spread=spread[:, rows].astype(np.float32),
    )
    return Inferred(
        generation=body.generation,
        chunk=body.chunk,
        scored=len(scores),
        candidates=context.blobs.put(candidates.to_arrays(), "safetensors", context.reply),
        mean=tuple(mean.mean(axis=1).tolist()),
        spread=tuple(spread.mean(axis=1).tolist()),
        device=device,
    )


def known_to(body: Infer, molecules: int) -> Known:
    """Give what a task tells the rule by which its chunk of so many molecules is ranked."""
    return Known(
        front=np.array(body.front, dtype=np.float64).reshape(-1, len(body.aims)),
        seed=body.seed,
        generation=body.generation,
        molecules=range(body.first, body.first + molecules),
    )
