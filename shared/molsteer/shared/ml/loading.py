"""From weights, as they travel and are kept, to surrogates that can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import torch

from molsteer.shared.blobs.port import Arrays
from molsteer.shared.ml.networks import Networks
from molsteer.shared.ml.on_features.gp import GaussianProcess
from molsteer.shared.ml.on_features.trees import Trees
from molsteer.shared.ml.port import Surrogate
from molsteer.shared.ml.weights import EnsembleWeights, join
from molsteer.shared.wire.specs import Surrogate as Kind


def load(kind: Kind, weights: Sequence[Arrays], device: torch.device) -> tuple[Surrogate, ...]:
    """Make surrogates of one kind from what training tasks gave.

    Members of an ensemble become one; each of the others is one by itself.

    Raises:
        UnusableWeights: If some are not weights of that kind.
        WrongArchitecture: If members do not belong together, or to a network that is known here.
        WrongFeatures: If this version of the program computes other features.
    """
    match kind:
        case "graphs":
            parts = [EnsembleWeights.from_arrays(each) for each in weights]
            return (Networks(join(parts), device),)
        case "gp":
            return tuple(GaussianProcess.from_arrays(each, device) for each in weights)
        case "trees":
            return tuple(Trees.from_arrays(each) for each in weights)
        case _:
            assert_never(kind)
