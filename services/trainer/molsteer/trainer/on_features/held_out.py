"""What a model says of the molecules that it learned from, had it not known their own labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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

    def errors(self, value: Floats, shift: float = 0.0) -> tuple[Floats, Floats]:
        """Compare with labels, of which those may be NaN that are not known.

        Returns:
            Errors and spreads of the molecules that have both, each of shape (n,).
        """
        error = value - (self.mean + shift)
        told = np.isfinite(error)
        return error[told], self.spread[told]
