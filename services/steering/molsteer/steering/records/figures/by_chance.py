"""How many hits a search at random would have by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from molsteer.steering.records.figures.advantage import SURE
from molsteer.steering.records.figures.random_picks import shares

_SPACES = 2_000

_VAST = 10_000_000
"""A space of which the draws of a campaign are next to nothing."""


@dataclass(frozen=True, slots=True)
class ByChance:
    """Hits of a search at random, after some numbers of simulations.

    Attributes:
        simulated: The numbers of simulations.
        expected: Hits that are expected, as often as among the random picks.
        low: In 19 of 20 searches there are at least that many.
        high: And at most that many.
    """

    simulated: Sequence[int]
    expected: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def hits_by_chance(hits: int, draws: int, space: int, simulated: Sequence[int]) -> ByChance | None:
    """Foresee the hits of a search at random; None without random picks to judge by.

    A search at random draws without replacement, so its hits follow the hypergeometric
    distribution. How many hits the space holds is not known: the band counts with all that the
    random picks allow.

    Args:
        hits: Hits among the random picks.
        draws: How many random picks there are.
        space: Molecules in the search space, 0 if that is not known.
        simulated: After how many simulations.
    """
    if not draws:
        return None
    rng = np.random.default_rng(0)
    size = max([space or _VAST, draws, *simulated])
    in_space = rng.binomial(size, shares(hits, draws, rng, _SPACES))
    low, high = list[float](), list[float]()
    for count in simulated:
        found = rng.hypergeometric(in_space, size - in_space, count)
        lowest, highest = np.quantile(found, ((1.0 - SURE) / 2, (1.0 + SURE) / 2)).tolist()
        low.append(lowest)
        high.append(highest)
    expected = [count * hits / draws for count in simulated]
    return ByChance(list(simulated), expected, _rising(low), _rising(high))


def _rising(counts: Sequence[float]) -> list[float]:
    """Keep what chance makes fall: a search never loses hits."""
    return np.maximum.accumulate(counts).tolist() if counts else []
