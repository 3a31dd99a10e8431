"""The Pareto front: what nothing else beats in everything at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def front(merits: Sequence[Sequence[float]]) -> list[int]:
    """Find what is not dominated.

    One dominates another if it is at least as good by every objective and better by one; equals
    do not dominate each other.

    Args:
        merits: How good each is by each objective, larger is better; all finite.

    Returns:
        Places in `merits`, the best by the first objective first, and equals in their order.
    """
    order = sorted(range(len(merits)), key=lambda place: [-merit for merit in merits[place]])
    kept, standing = list[int](), np.empty((0, len(merits[0]) if merits else 0))
    for place in order:
        # Whatever dominates it stands before it in this order.
        merit = np.asarray(merits[place], dtype=np.float64)
        at_least, better = (standing >= merit).all(axis=1), (standing > merit).any(axis=1)
        if not (at_least & better).any():
            kept.append(place)
            standing = np.vstack([standing, merit])
    return kept
