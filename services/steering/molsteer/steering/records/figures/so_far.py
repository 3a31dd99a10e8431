"""What was found by then, after each value of an objective."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from molsteer.shared.wire.properties import Objective


def best_so_far(values: Iterable[float], objective: Objective) -> list[float]:
    """Give the best value after each of some values."""
    found = list[float]()
    for value in values:
        better = not found or objective.merit(value) > objective.merit(found[-1])
        found.append(value if better else found[-1])
    return found


def hits_so_far(values: Iterable[float], objective: Objective) -> list[int]:
    """Count the hits after each of some values."""
    return list(accumulate(map(int, map(objective.is_hit, values))))
