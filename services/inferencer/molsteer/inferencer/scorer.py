"""Scores one chunk of the search space and keeps its best candidates."""

from __future__ import annotations

from collections.abc import Collection
from typing import assert_never, overload

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.errors import NonFinitePredictions
from molsteer.inferencer.kinds import moments
from molsteer.inferencer.loaded import LoadedSurrogates
from molsteer.inferencer.predictions import Predictions, in_order, made_already
from molsteer.inferencer.ranking import rank_kinds
from molsteer.shared.blobs.port import Blobs
from molsteer.shared.ml.device import choose_device, device_name, limit_threads
from molsteer.shared.ml.errors import (
    MissingFeatures,
    UnusableFeatures,
    UnusableWeights,
    WrongArchitecture,
)
from molsteer.shared.ml.molecules import read_features, read_graphs
from molsteer.shared.ml.port import Molecules, Surrogate
from molsteer.shared.wire.blob import Blob
from molsteer.shared.wire.ensemble import listed
from molsteer.shared.wire.learning import Infer, Inferred, Predict, Predicted
from molsteer.shared.wire.specs import ON_FEATURES
from molsteer.shared.wire.specs import Surrogate as Kind
from molsteer.shared.worker.port import TaskContext


class Scorer:
    """Handles `infer` tasks; the surrogates of the last one stay loaded for the next."""

    def __init__(self) -> None:
        self._loaded = LoadedSurrogates()

    @overload
    def __call__(self, body: Infer, context: TaskContext) -> Inferred: ...

    @overload
    def __call__(self, body: Predict, context: TaskContext) -> Predicted: ...

    def __call__(self, body: Infer | Predict, context: TaskContext) -> Inferred | Predicted:
        """Score a chunk, or predict it with some members.

        Raises:
            UnusableGraphs: If the chunk cannot be read.
            UnusableFeatures: If its features cannot be read, or are not those of the chunk.
            MissingFeatures: If a surrogate reads features, and there are none.
            UnusableWeights: If the weights cannot be read.
            WrongArchitecture: If the weights are not all of one network that is known here, or
                predict something else than is asked for.
            WrongFeatures: If a surrogate was trained on other features.
            NonFinitePredictions: If a member does not answer with numbers.
            PluginMissing: If the acquisition is not installed here.
            UnusableScores: If it does not score every molecule.
            BlobError: If chunk or weights are missing or damaged.
        """
        limit_threads()
        match body:
            case Predict():
                return self._predict_early(body, context)
            case Infer():
                return self._score(body, context)
            case _:
                assert_never(body)

    def _score(self, body: Infer, context: TaskContext) -> Inferred:
        kinds = _kinds(body)
        self._loaded.forget_all_but(kinds)
        molecules = _read(body, kinds, context.blobs)
        made = made_already(body, len(molecules), context.blobs)
        found = {}
        for kind in dict.fromkeys(kinds):
            places = [place for place, own in enumerate(kinds) if own == kind]
            parts = [made[place] for place in places if place in made]
            rest = tuple(body.weights[place] for place in places if place not in made)
            if rest:
                parts.append(self._predict(body, kind, rest, molecules, context.blobs))
            found[kind] = moments(in_order(parts))
        return rank_kinds(body, found, context, device_name(choose_device()))

    def _predict_early(self, body: Predict, context: TaskContext) -> Predicted:
        molecules = _read(body, (body.surrogate,), context.blobs)
        made = self._predict(body, body.surrogate, (body.weights,), molecules, context.blobs)
        return Predicted(
            generation=body.generation,
            chunk=body.chunk,
            predictions=context.blobs.put(made.to_arrays(), "safetensors", context.reply),
            device=device_name(choose_device()),
        )

    def _predict(
        self,
        body: Infer | Predict,
        kind: Kind,
        weights: tuple[Blob, ...],
        molecules: Molecules,
        blobs: Blobs,
    ) -> Predictions:
        parts = []
        for surrogate in self._loaded.of(kind, weights, blobs):
            _check_outputs(surrogate, body)
            told = surrogate.predict(molecules, body.batch_size)
            for numbers in (told.value, told.spread):
                if numbers is not None:
                    _check_finite(numbers, body.chunk, surrogate.members)
            members = np.array(surrogate.members, dtype=np.int64)
            parts.append(Predictions(members, told.value, told.spread))
        return in_order(parts)


def _kinds(body: Infer) -> tuple[Kind, ...]:
    graphs: Kind = "graphs"
    kinds = body.surrogates or (graphs,) * len(body.weights)
    if len(kinds) != len(body.weights):
        raise UnusableWeights(
            f"there are {len(body.weights)} of them, of {len(kinds)} surrogates.", "surrogates"
        )
    return kinds


def _read(body: Infer | Predict, kinds: Collection[Kind], blobs: Blobs) -> Molecules:
    """Read what surrogates of these kinds read, and nothing else."""
    graphs, features = None, None
    if set(kinds) - ON_FEATURES:
        graphs = read_graphs(blobs.arrays(body.graphs))
    if on_features := sorted(ON_FEATURES.intersection(kinds)):
        if body.features is None:
            raise MissingFeatures(on_features[0])
        features = read_features(blobs.arrays(body.features))
    if graphs is not None and features is not None and len(graphs) != len(features):
        raise UnusableFeatures(
            f"they are of {len(features)} molecules, and the chunk has {len(graphs)}."
        )
    return Molecules(graphs, features)


def _check_outputs(surrogate: Surrogate, body: Infer | Predict) -> None:
    if surrogate.outputs != body.outputs:
        predicted, wanted = listed(surrogate.outputs), listed(body.outputs)
        raise WrongArchitecture([f"they predict {predicted}, not {wanted}"])


def _check_finite(
    predictions: npt.NDArray[np.float32], chunk: int, members: tuple[int, ...]
) -> None:
    wrong = ~np.isfinite(predictions)
    if wrong.any():
        guilty = [member for member, row in zip(members, wrong, strict=True) if row.any()]
        raise NonFinitePredictions(chunk, guilty, int(wrong.any(axis=(0, 1)).sum()))
