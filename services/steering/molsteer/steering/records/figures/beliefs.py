"""How far the predictions by which molecules were chosen can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from molsteer.shared.wire.properties import Output
from molsteer.steering.ledger.learning.rankings import Misses
from molsteer.steering.records.figures.ranks import rank_correlation

SHARES = MappingProxyType({0.5: 0.6745, 0.8: 1.2816, 0.9: 1.6449, 0.95: 1.9600})
"""Parts of the values that are to lie within so many spreads, as of a normal distribution."""

STRANGE = 0.9
"""Spreads of the labels from which on a prediction's spread says that nothing is known."""

FEWEST = 10
"""Molecules that say anything about shares and ranks."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What became of predictions of one output, when their molecules were computed.

    Attributes:
        molecules: How many were chosen by a prediction and computed.
        error: Mean absolute error, in the output's unit.
        bias: Mean of computed minus predicted, likewise.
        rank: Spearman's rank correlation of predicted and computed values, between -1 and 1; None
            where all are the same.
        covered: For each of `SHARES`, the part of the values that did lie within so many spreads.
        strange: Molecules that lay outside what the models had seen: their spread was `STRANGE`
            times that of the labels or more, which is to know nothing of them.
    """

    output: Output
    molecules: int
    error: float
    bias: float
    rank: float | None
    covered: Mapping[float, float]
    strange: int


def belief(output: Output, misses: Misses) -> Belief | None:
    """Judge predictions, None if there are fewer than `FEWEST`."""
    count = len(misses.miss)
    if count < FEWEST:
        return None
    size = np.abs(misses.miss)
    return Belief(
        output=output,
        molecules=count,
        error=float(size.mean()),
        bias=float(misses.miss.mean()),
        rank=rank_correlation(misses.value - misses.miss, misses.value),
        covered={
            share: float((size <= spreads * misses.spread).mean())
            for share, spreads in SHARES.items()
        },
        strange=int((misses.spread >= STRANGE * misses.scale).sum()),
    )
