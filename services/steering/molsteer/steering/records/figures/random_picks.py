"""Which molecules models chose, and which were drawn at random."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.properties import Objective
from molsteer.steering.records.found import Found

_DRAWS, _PRIOR = 20_000, 0.5


def random_picks(found: Iterable[Found], objective: Objective, starter: str) -> Sequence[float]:
    """Give values of molecules that chance chose: controls, and a start at random.

    Args:
        found: Results.
        objective: What is valued, at its level.
        starter: How molecules were chosen before there was a model.
    """
    return _values(
        (each for each in found if each.by_chance or (not each.generation and starter == "random")),
        objective,
    )


def model_picks(found: Iterable[Found], objective: Objective) -> Sequence[float]:
    """Give values of molecules that models chose."""
    return _values((each for each in found if each.generation), objective)


def shares(
    hits: int, draws: int, rng: np.random.Generator, count: int = _DRAWS
) -> npt.NDArray[np.float64]:
    """Draw shares of hits that the space may have, after so many hits in so many random picks."""
    return rng.beta(hits + _PRIOR, draws - hits + _PRIOR, count)


def _values(found: Iterable[Found], objective: Objective) -> Sequence[float]:
    known = (each.value(objective.output) for each in found)
    return [value for value in known if value is not None]
