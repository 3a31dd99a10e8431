"""What was found by then, after each value of an objective."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import accumulate

from molsteer.shared.wire.properties import Objective


def best_so_far(values: Iterable[float], objective: Objective) -> list[float]:
    """Give the best value after each of some values."""
    match objective.goal:
        case "maximise":
            return list(accumulate(values, max))
        case "minimise":
            return list(accumulate(values, min))
        case "reach":
            return list(accumulate(values, partial(max, key=objective.merit)))


def hits_so_far(values: Iterable[float], objective: Objective) -> list[int]:
    """Count the hits after each of some values."""
    return list(accumulate(map(int, map(objective.is_hit, values))))
