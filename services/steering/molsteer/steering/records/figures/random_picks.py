"""Which molecules models chose, and which were drawn at random."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.properties import Objective
from molsteer.steering.records.found import Found, valued
from molsteer.steering.records.hits import Valued

_DRAWS, _PRIOR = 20_000, 0.5


def random_picks(found: Iterable[Found], objective: Objective, starter: str) -> Sequence[Valued]:
    """Give what an objective says of molecules that chance chose: controls, and a start at random.

    Args:
        found: Results.
        objective: What is valued, at its level.
        starter: How molecules were chosen before there was a model.
    """
    drawn = (
        each for each in found if each.by_chance or (not each.generation and starter == "random")
    )
    return valued(drawn, objective.output)


def model_picks(found: Iterable[Found], objective: Objective) -> Sequence[Valued]:
    """Give what an objective says of molecules that models chose."""
    return valued((each for each in found if each.generation), objective.output)


def shares(
    hits: int, draws: int, rng: np.random.Generator, count: int = _DRAWS
) -> npt.NDArray[np.float64]:
    """Draw shares of hits that the space may have, after so many hits in so many random picks."""
    return rng.beta(hits + _PRIOR, draws - hits + _PRIOR, count)
