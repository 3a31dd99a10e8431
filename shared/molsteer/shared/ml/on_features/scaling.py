"""Dense features on scales of their own, as the molecules of the training set suggest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from molsteer.shared.blobs.port import Arrays
from molsteer.shared.ml.on_features.manifest import taken
from molsteer.shared.wire.arrays.features import Features

_FARTHEST = 5.0
"""Standard deviations from the mean beyond which nothing is farther: one odd descriptor must not
make a molecule unlike all others."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Centre and width of each column, float32; the width is 0 where all molecules are equal."""

    centre: npt.NDArray[np.float32]
    width: npt.NDArray[np.float32]

    @classmethod
    def of(cls, table: npt.NDArray[np.float32]) -> Scale:
        """Take means and standard deviations."""
        exact = table.astype(np.float64)
        width = exact.std(axis=0)
        width[width <= 1e-6 * np.abs(exact).max(axis=0, initial=0.0)] = 0.0
        return cls(exact.mean(axis=0).astype(np.float32), width.astype(np.float32))

    def __call__(self, table: npt.NDArray[np.float32]) -> Tensor:
        """Scale a table, leaving out the columns that tell nothing."""
        used = self.width > 0
        scaled = (table[:, used] - self.centre[used]) / self.width[used]
        return torch.from_numpy(np.clip(scaled, -_FARTHEST, _FARTHEST))


@dataclass(frozen=True, slots=True)
class Scaling:
    """Scales of both kinds of dense features."""

    descriptors: Scale
    electronic: Scale

    @classmethod
    def of(cls, features: Features) -> Scaling:
        """Fit the scales to a training set."""
        return cls(Scale.of(features.descriptors), Scale.of(features.electronic))

    @classmethod
    def from_arrays(cls, arrays: Arrays, descriptors: int, electronic: int) -> Scaling:
        """Take the scales out of named arrays, as `to_arrays` gives them.

        Raises:
            UnusableWeights: If one is missing or of another length.
        """
        sizes = {"descriptors": descriptors, "electronic": electronic}
        scales = {
            name: [
                taken(arrays, f"{name}.{part}", np.float32, (size,)).view(np.float32)
                for part in ("centre", "width")
            ]
            for name, size in sizes.items()
        }
        return cls(Scale(*scales["descriptors"]), Scale(*scales["electronic"]))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Give the scales as named arrays."""
        return {
            "descriptors.centre": self.descriptors.centre,
            "descriptors.width": self.descriptors.width,
            "electronic.centre": self.electronic.centre,
            "electronic.width": self.electronic.width,
        }

    def __call__(self, features: Features) -> tuple[Tensor, Tensor]:
        """Scale both."""
        return self.descriptors(features.descriptors), self.electronic(features.electronic)
