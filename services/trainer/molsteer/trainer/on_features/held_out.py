"""What a model says of the molecules that it learned from, had it not known their own labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from molsteer.shared.ml.on_features.manifest import OnFeatures

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Predictions of labels by the other labels, in the unit of the output.

    Attributes:
        mean, spread: Shape (molecules,); NaN where a molecule has no label of the output, or the
            model was nowhere without it.
    """

    mean: Floats
    spread: Floats

    def errors(self, value: Floats) -> tuple[Floats, Floats]:
        """Compare with labels, of which those may be NaN that are not known.

        Returns:
            Errors and spreads of the molecules that have both, each of shape (n,).
        """
        error = value - self.mean
        told = np.isfinite(error)
        return error[told], self.spread[told]


def whole(models: Sequence[HeldOut], manifest: OnFeatures) -> list[HeldOut]:
    """Give what is said of each output, from what its model says, its lender's, or its base's.

    Args:
        models: What each model says of what it learned.
        manifest: How outputs are made of models.
    """
    mean = np.array(
        [
            models[model].mean + shift
            for model, shift in zip(manifest.model, manifest.shift, strict=True)
        ]
    )
    spread = np.array([models[model].spread for model in manifest.model])
    manifest.complete(mean, spread)
    return [HeldOut(*told) for told in zip(mean, spread, strict=True)]
