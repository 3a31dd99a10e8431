"""What an imagined model says of molecules."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import numpy as np
import numpy.typing as npt

RARE = 6.0
"""Standard deviations; a normally distributed number is larger once in a thousand million times."""


@dataclass(slots=True)
class Ranking:
    """What a model says of all molecules, chunk by chunk.

    Attributes:
        generation: Of the model.
        expected: Scores, but for the part of their error that is this model's own.
        scatter: Standard deviation of that part.
        best: The highest scores so far, as many as count, in no order.
    """

    generation: int
    expected: npt.NDArray[np.float32]
    scatter: float
    best: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    least: float = -inf

    def note(self, scores: npt.NDArray[np.float32], limit: int) -> float:
        """Note the scores of a chunk; gives the least one that may be among the best of all."""
        best = np.concatenate([self.best, scores[scores >= self.least]])
        if len(best) >= limit:
            best = np.partition(best, len(best) - limit)[-limit:]
            self.least = float(best.min())
        self.best = best
        return self.least


def ranked_by(
    generation: int,
    error: float,
    part: float,
    values: npt.NDArray[np.float32],
    lasting: npt.NDArray[np.float32],
) -> Ranking:
    """Let a model rank molecules as a regression would.

    Args:
        generation: Of the model.
        error: Spread of its errors, in spreads of the values.
        part: Of the variance of the errors that all models share.
        values: The true ones, of all molecules.
        lasting: The error that all models share, in its own spread.
    """
    # The mean that is left of a value when so much of its variance is not explained.
    known = 1.0 - error**2
    doubt = error * known**0.5
    expected = np.float32(known) * values
    expected += np.float32(doubt * part**0.5) * lasting
    return Ranking(generation, expected, doubt * (1 - part) ** 0.5)
