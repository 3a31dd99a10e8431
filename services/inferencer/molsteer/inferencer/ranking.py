"""From the predictions of an ensemble, of whatever kind, to the answer of an `infer` task."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.acquisition import best_rows, mean_and_spread, score
from molsteer.shared.wire.messages import Infer, Inferred
from molsteer.shared.worker.port import TaskContext


def rank(
    body: Infer, predictions: npt.NDArray[np.float32], context: TaskContext, device: str
) -> Inferred:
    """Keep the best candidates of a chunk, and sum up the rest.

    Args:
        body: What was asked for.
        predictions: Finite values in eV, shape (members, molecules of the chunk).
        context: Takes the candidates.
        device: What the predictions were made on.

    Raises:
        PluginMissing: If the acquisition is not installed here.
        UnusableScores: If it does not score every molecule.
    """
    mean, spread = mean_and_spread(predictions)
    scores = score(mean, spread, body.acquisition)
    rows = best_rows(scores, body.keep)
    candidates = {
        "row": rows,
        "mean": mean[rows].astype(np.float32),
        "spread": spread[rows].astype(np.float32),
        "score": scores[rows].astype(np.float32),
    }
    return Inferred(
        generation=body.generation,
        chunk=body.chunk,
        scored=len(mean),
        candidates=context.blobs.put(candidates, "safetensors", context.reply),
        mean_eV=float(mean.mean()),
        spread_eV=float(spread.mean()),
        best_eV=float(mean.max()),
        device=device,
    )
