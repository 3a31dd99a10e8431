"""Down a surface to its nearest minimum, in internal coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from molsteer.simulator.engines.port import Surface
from molsteer.simulator.errors import ScfFailed
from molsteer.simulator.molecule.species import Positions
from molsteer.simulator.relaxing.internal import Internal, Place, internal
from molsteer.simulator.relaxing.measures import Numbers
from molsteer.simulator.relaxing.moving import moved
from molsteer.simulator.relaxing.path import Path, Point, Stiffness, is_end
from molsteer.simulator.relaxing.steps import bfgs, rational_step
from molsteer.simulator.relaxing.stiffness import in_cartesian, in_internal

_FIRST_TRUST, _MOST_TRUST, _LEAST_TRUST = 0.25, 0.5, 0.05
_COORDINATES = 27
"""So many have the first two trusts, which grow with the root of their number."""

_HALVINGS = 5
_NOISE = 1e-5
_TOO_HIGH = 1e-4
"""Hartree. A change below the first judges no step; a rise above the other is a wrong one."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a descent stands.

    Attributes:
        gradient: In internal coordinates.
        hessian: Likewise.
        trust: Longest step in internal coordinates, in bohr or radians.
    """

    internal: Internal
    point: Point
    place: Place
    gradient: Numbers
    hessian: Numbers
    trust: float

    @property
    def scale(self) -> float:
        """Times as far as few coordinates may many go, each as far as before."""
        return max(1.0, float(np.sqrt(len(self.gradient) / _COORDINATES)))


def descend(
    symbols: list[str],
    start: Positions,
    surface: Surface,
    known: Stiffness | None,
    max_steps: int,
    before_step: Callable[[], None],
) -> Path:
    """Follow a surface down; the path ends early where internal coordinates do not lead on.

    Args:
        symbols: Element symbols in atom order.
        start: Geometry in bohr, shape (atoms, 3), atoms >= 2.
        surface: What to follow.
        known: What is known of its second derivatives.
        max_steps: Steps after which to give up.
        before_step: Called before every energy; whatever it raises ends the relaxation.

    Raises:
        ScfFailed: If the first energy cannot be computed.
    """

    def look(positions: Positions) -> Point:
        before_step()
        energy, gradient = surface(positions)
        points.append(Point(positions, energy, gradient))
        return points[-1]

    points: list[Point] = []
    stand = _stand(symbols, look(start.copy()), known)
    while stand is not None and len(points) <= max_steps:
        positions = _next(stand)
        if positions is None:
            stand = _anew(symbols, stand)
            continue
        try:
            point = look(positions)
            before, stand = stand.point, _after(stand, point)
        except (ScfFailed, np.linalg.LinAlgError):
            break
        if is_end(before, point):
            return Path(points, True, in_cartesian(stand.hessian, stand.internal, positions))
        if stand.internal.strained(stand.place):
            stand = _anew(symbols, stand)
    return Path(points, converged=False)


def _stand(symbols: list[str], point: Point, known: Stiffness | None) -> Stand | None:
    found = internal(symbols, point.positions)
    if found is None:
        return None
    place = found.at(point.positions)
    gradient = place.inverse.T @ point.gradient.ravel()
    stand = Stand(found, point, place, gradient, in_internal(known, found), _FIRST_TRUST)
    return replace(stand, trust=_FIRST_TRUST * stand.scale)


def _anew(symbols: list[str], stand: Stand) -> Stand | None:
    """Find other coordinates where the ones so far break down; None if they are the same."""
    bent = stand.internal.curvature(stand.place, stand.gradient)
    hessian = stand.place.wilson.T @ stand.hessian @ stand.place.wilson + bent
    point = stand.point
    found = _stand(symbols, point, Stiffness(point.positions, hessian, point.gradient))
    if found is None or found.internal.topology.is_like(stand.internal.topology):
        return None
    return replace(found, trust=stand.trust)


def _next(stand: Stand) -> Positions | None:
    """Choose a step, and shorten it where no geometry has it."""
    change = rational_step(stand.gradient, stand.hessian, stand.trust)
    for halving in range(_HALVINGS):
        positions = moved(stand.internal, stand.place, change * 0.5**halving)
        if positions is not None:
            return positions
    return None


def _after(stand: Stand, point: Point) -> Stand:
    """Learn from a step, and go where it led unless the energy rose."""
    place = stand.internal.at(point.positions)
    gradient = place.inverse.T @ point.gradient.ravel()
    change = stand.internal.difference(place.values, stand.place.values)
    promised = stand.gradient @ change + change @ stand.hessian @ change / 2
    kept = (point.energy - stand.point.energy) / promised if promised else 1.0
    length, rose = float(np.linalg.norm(change)), point.energy - stand.point.energy
    hessian = bfgs(stand.hessian, change, gradient - stand.gradient)
    if rose > _TOO_HIGH and kept < -1.0:
        return replace(stand, hessian=hessian, trust=min(stand.trust, length) / 3)
    trust = stand.trust
    if kept > 0.75 and length > 0.8 * trust:
        trust = min(1.5 * trust, _MOST_TRUST * stand.scale)
    elif kept < 0.25 and abs(rose) > _NOISE:
        trust = max(min(trust, length) / 2, _LEAST_TRUST)
    return Stand(stand.internal, point, place, gradient, hessian, trust)
