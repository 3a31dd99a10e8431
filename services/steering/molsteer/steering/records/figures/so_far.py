"""What was found by then, after each value of an objective."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from math import nan

from molsteer.shared.wire.properties import Objective
from molsteer.steering.records.hits import Valued, is_hit


def best_so_far(found: Iterable[Valued], objective: Objective) -> list[float]:
    """Give the best value after each molecule; NaN until one keeps all limits."""
    best = list[float]()
    for each in found:
        before = best[-1] if best else nan
        worse = objective.merit(each.value) <= objective.merit(before)  # never than NaN
        best.append(before if worse or not each.keeps else each.value)
    return best


def hits_so_far(found: Iterable[Valued], objective: Objective) -> list[int]:
    """Count the hits after each molecule."""
    return list(accumulate(int(is_hit(objective, each)) for each in found))
