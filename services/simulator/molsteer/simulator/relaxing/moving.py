"""From a displacement in internal coordinates to the geometry that has it."""

from __future__ import annotations

import numpy as np

from molsteer.simulator.molecule.species import Positions
from molsteer.simulator.relaxing.internal import Internal, Place
from molsteer.simulator.relaxing.measures import Numbers

_ROUNDS = 12
_NEAR = 1e-5


def moved(internal: Internal, place: Place, change: Numbers) -> Positions | None:
    """Find the geometry; None where the search does not end."""
    positions, inverse = place.positions, place.inverse
    missing, smallest, left = change, np.inf, np.inf
    for _ in range(_ROUNDS):
        positions = positions + (inverse @ missing).reshape(-1, 3)
        values = internal.primitives.values(positions)
        missing = change - internal.difference(values, place.values)
        left = float(np.abs(missing).max())
        if left < _NEAR:
            return positions
        if left > 2.0 * smallest or not np.isfinite(left):
            return None
        if left > 0.5 * smallest:
            try:
                inverse = internal.at(positions).inverse
            except np.linalg.LinAlgError:
                return None
        smallest = min(left, smallest)
    return positions if left < 100 * _NEAR else None
