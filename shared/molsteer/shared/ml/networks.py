"""The ensemble of graph networks as a surrogate among others."""

from __future__ import annotations

import torch

from molsteer.shared.ml.errors import UnusableGraphs
from molsteer.shared.ml.port import Molecules, Prediction
from molsteer.shared.ml.predicting import predict
from molsteer.shared.ml.weights import EnsembleWeights
from molsteer.shared.wire.properties import Output


class Networks:
    """The surrogate `graphs`: its members disagree, and none has a doubt of its own."""

    def __init__(self, weights: EnsembleWeights, device: torch.device) -> None:
        self._manifest = weights.manifest
        self._ensemble = weights.build(device)

    @property
    def members(self) -> tuple[int, ...]:
        """Numbers of its networks."""
        return self._manifest.members

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What it predicts."""
        return self._manifest.outputs

    def predict(self, molecules: Molecules, batch_size: int) -> Prediction:
        """Predict every molecule; see `port.Surrogate`.

        Raises:
            UnusableGraphs: If the molecules come without graphs.
        """
        if molecules.graphs is None:
            raise UnusableGraphs("they come without graphs.")
        return Prediction(predict(self._ensemble, molecules.graphs, batch_size))
