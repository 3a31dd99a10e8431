"""From the predictions of an ensemble, of whatever kind, to the answer of an `infer` task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.acquisition import (
    Expectation,
    Floats,
    Known,
    best_rows,
    expectations,
    mean_and_spread,
    score,
)
from molsteer.inferencer.kinds import Moments, combined
from molsteer.inferencer.rules.cost import per_second
from molsteer.inferencer.rules.improvement import LOWEST
from molsteer.inferencer.rules.limits import log_kept, weighed, worthless_score
from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.learning import Infer, Inferred
from molsteer.shared.wire.specs import CHANCE, OF_GAINS, Acquisition, Surrogate
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
    known = known_to(body, mean.shape[1])
    scores = score(expected, body.acquisition, known)
    if body.limits and body.acquisition.kind != CHANCE:
        kept = log_kept(body.limits, body.outputs, mean, spread)
        scores = _limited(scores, kept, expected, body.acquisition, known)
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


def _limited(
    scores: Floats,
    kept: Floats,
    expected: Sequence[Expectation],
    acquisition: Acquisition,
    known: Known,
) -> Floats:
    """Weigh scores by the chance that limits are kept; without a label, there is but the chance."""
    if acquisition.kind in OF_GAINS and len(known.front):
        return np.maximum(scores + kept, LOWEST)
    if not len(known.worst):
        return np.maximum(kept, LOWEST)
    one = replace(known, molecules=range(1))
    worthless = worthless_score(
        expected, known.worst, lambda certain: score(certain, acquisition, one)
    )
    return weighed(scores, kept, worthless)


def known_to(body: Infer, molecules: int) -> Known:
    """Give what a task tells the rule by which its chunk of so many molecules is ranked."""
    return Known(
        front=np.array(body.front, dtype=np.float64).reshape(-1, len(body.aims)),
        seed=body.seed,
        generation=body.generation,
        molecules=range(body.first, body.first + molecules),
        worst=np.array(body.worst, dtype=np.float64),
    )
