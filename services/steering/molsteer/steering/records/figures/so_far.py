"""What was found by then, after each value of an objective."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import accumulate
from math import inf, isinf, nan

from molsteer.shared.wire.properties import Objective
from molsteer.steering.records.hits import Valued, is_hit


def best_so_far(found: Iterable[Valued], objective: Objective) -> list[float]:
    """Give the best value after each molecule; NaN until one keeps all limits."""
    worst = -inf if objective.goal == "maximise" else inf
    values = (each.value if each.keeps else worst for each in found)
    match objective.goal:
        case "maximise":
            best = accumulate(values, max)
        case "minimise":
            best = accumulate(values, min)
        case "reach":
            best = accumulate(values, partial(max, key=objective.merit))
    return [nan if isinf(value) else value for value in best]


def hits_so_far(found: Iterable[Valued], objective: Objective) -> list[int]:
    """Count the hits after each molecule."""
    return list(accumulate(int(is_hit(objective, each)) for each in found))
