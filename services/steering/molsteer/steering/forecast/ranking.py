"""What an imagined model says of molecules."""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float32]

_RARE = 6.0
"""Standard deviations; a normally distributed number is larger once in a thousand million times."""


class Ranking:
    """A model that ranks molecules as a regression would, chunk by chunk.

    Args:
        error: Spread of its errors, in spreads of the values.
        part: Of the variance of the errors that all models share.
        limit: How many of the highest scores count.
        chance: Draws that part of the errors which is this model's own.
    """

    def __init__(self, error: float, part: float, limit: int, chance: np.random.Generator) -> None:
        # The mean that is left of a value when so much of its variance is not explained.
        known = 1.0 - error**2
        doubt = error * known**0.5
        self._known, self._shared = np.float32(known), np.float32(doubt * part**0.5)
        self._scatter = np.float32(doubt * (1 - part) ** 0.5)
        self._limit, self._chance = limit, chance
        self._best: Numbers = np.empty(0, dtype=np.float32)
        self._least = np.float32(-inf)

    def best_of(self, values: Numbers, lasting: Numbers) -> tuple[list[int], list[float]]:
        """Score the molecules of a chunk.

        Args:
            values: The true ones; those of molecules that are not asked about are minus infinity.
            lasting: The error that all models share, in its own spread.

        Returns:
            Rows and scores of the molecules that are among the best of all so far.
        """
        expected = self._known * values
        expected += self._shared * lasting
        rows = np.flatnonzero(expected > self._least - _RARE * self._scatter)
        scores = expected[rows]
        scores += self._scatter * self._chance.standard_normal(len(rows), dtype=np.float32)
        named = np.flatnonzero(scores >= self._noted(scores))
        return rows[named].tolist(), scores[named].tolist()

    def _noted(self, scores: Numbers) -> np.float32:
        """Note the scores of a chunk; gives the least one that may be among the best of all."""
        best = np.concatenate([self._best, scores[scores >= self._least]])
        if len(best) >= self._limit:
            beyond = len(best) - self._limit
            best = np.partition(best, beyond)[beyond:]
            self._least = best[0]
        self._best = best
        return self._least
