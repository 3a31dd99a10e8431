"""How much of a box a Pareto front covers."""

from __future__ import annotations

from collections.abc import Sequence


def hypervolume(points: Sequence[Sequence[float]]) -> float:
    """Measure what lies between the origin and at least one of the points, exactly.

    Args:
        points: In any number of dimensions, all the same; those that do not lie above 0 in each
            cover nothing.

    Source:
        Slicing along one objective after the other: While et al., IEEE Trans. Evol. Comput. 10
        (2006), 29. It takes n log n for two objectives and n more for each further one.
    """
    inside = [point for point in points if min(point) > 0.0]
    if not inside:
        return 0.0
    if len(inside[0]) == 1:
        return max(point[0] for point in inside)
    best_first = sorted(inside, key=lambda point: -point[-1])
    if len(inside[0]) == 2:
        return _area(best_first)
    volume = 0.0
    for place, point in enumerate(best_first):
        below = best_first[place + 1][-1] if place + 1 < len(best_first) else 0.0
        if point[-1] > below:
            slice_of = [other[:-1] for other in best_first[: place + 1]]
            volume += (point[-1] - below) * hypervolume(slice_of)
    return volume


def _area(highest_first: Sequence[Sequence[float]]) -> float:
    area, reached = 0.0, 0.0
    for wide, high in highest_first:
        if wide > reached:
            area, reached = area + (wide - reached) * high, wide
    return area
