"""Scores one chunk of the search space and keeps its best candidates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import assert_never, overload

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.errors import NonFinitePredictions
from molsteer.inferencer.predictions import Predictions, in_order, made_already
from molsteer.inferencer.ranking import rank
from molsteer.shared.blobs.port import Blobs
from molsteer.shared.ml.device import choose_device, device_name, limit_threads
from molsteer.shared.ml.errors import WrongArchitecture
from molsteer.shared.ml.molecules import read_graphs
from molsteer.shared.ml.network import Ensemble
from molsteer.shared.ml.predicting import predict
from molsteer.shared.ml.weights import EnsembleWeights, join
from molsteer.shared.wire.blob import Blob, Inline, ObjRef
from molsteer.shared.wire.ensemble import Manifest
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.shared.wire.learning import Infer, Inferred, Predict, Predicted
from molsteer.shared.worker.port import TaskContext


@dataclass(frozen=True, slots=True)
class _Loaded:
    """An ensemble on its device, and the weights that it was built from."""

    digests: tuple[str, ...]
    manifest: Manifest
    ensemble: Ensemble


class Scorer:
    """Handles `infer` tasks; the ensemble of the last one stays loaded for the next."""

    def __init__(self) -> None:
        self._loaded: _Loaded | None = None

    @overload
    def __call__(self, body: Infer, context: TaskContext) -> Inferred: ...

    @overload
    def __call__(self, body: Predict, context: TaskContext) -> Predicted: ...

    def __call__(self, body: Infer | Predict, context: TaskContext) -> Inferred | Predicted:
        """Score a chunk, or predict it with some members.

        Raises:
            UnusableGraphs: If the chunk cannot be read.
            UnusableWeights: If the weights cannot be read.
            WrongArchitecture: If the weights are not all of one network that is known here, or
                predict something else than is asked for.
            NonFinitePredictions: If a member does not answer with numbers.
            PluginMissing: If the acquisition is not installed here.
            UnusableScores: If it does not score every molecule.
            BlobError: If chunk or weights are missing or damaged.
        """
        limit_threads()
        graphs = read_graphs(context.blobs.arrays(body.graphs))
        match body:
            case Predict():
                return self._predict_early(body, graphs, context)
            case Infer():
                return self._score(body, graphs, context)
            case _:
                assert_never(body)

    def _score(self, body: Infer, graphs: PackedGraphs, context: TaskContext) -> Inferred:
        made = made_already(body, len(graphs), context.blobs)
        rest = tuple(blob for place, blob in enumerate(body.weights) if place not in made)
        parts = [*made.values()]
        if rest:
            parts.append(self._predict(body, rest, graphs, context.blobs))
        return rank(body, in_order(parts), context, device_name(choose_device()))

    def _predict_early(
        self, body: Predict, graphs: PackedGraphs, context: TaskContext
    ) -> Predicted:
        made = self._predict(body, (body.weights,), graphs, context.blobs)
        return Predicted(
            generation=body.generation,
            chunk=body.chunk,
            predictions=context.blobs.put(made.to_arrays(), "safetensors", context.reply),
            device=device_name(choose_device()),
        )

    def _predict(
        self, body: Infer | Predict, weights: tuple[Blob, ...], graphs: PackedGraphs, blobs: Blobs
    ) -> Predictions:
        loaded = self._load(weights, blobs)
        if differences := loaded.manifest.differences(body.outputs):
            raise WrongArchitecture(differences)
        values = predict(loaded.ensemble, graphs, body.batch_size)
        _check_finite(values, body.chunk, loaded.manifest.members)
        return Predictions(np.array(loaded.manifest.members, dtype=np.int64), values)

    def _load(self, weights: tuple[Blob, ...], blobs: Blobs) -> _Loaded:
        digests = tuple(_digest(blob) for blob in weights)
        if self._loaded is None or self._loaded.digests != digests:
            self._loaded = None  # lets the old ensemble's memory go before the new one needs it
            whole = join([EnsembleWeights.from_arrays(blobs.arrays(blob)) for blob in weights])
            ensemble = whole.build(choose_device())
            self._loaded = _Loaded(digests, whole.manifest, ensemble)
        return self._loaded


def _digest(blob: Blob) -> str:
    match blob:
        case ObjRef():
            return blob.sha256
        case Inline():
            return hashlib.sha256(blob.data).hexdigest()
        case _:
            assert_never(blob)


def _check_finite(
    predictions: npt.NDArray[np.float32], chunk: int, members: tuple[int, ...]
) -> None:
    wrong = ~np.isfinite(predictions)
    if wrong.any():
        guilty = [member for member, row in zip(members, wrong, strict=True) if row.any()]
        raise NonFinitePredictions(chunk, guilty, int(wrong.any(axis=(0, 1)).sum()))
