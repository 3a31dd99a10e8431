"""Internal coordinates of a molecule: as many as it has degrees of freedom.

Stretches, bends and torsions are more than that; independent combinations of them are taken, as J.
Baker, A. Kessi and B. Delley do, doi:10.1063/1.471864.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from molsteer.simulator.molecule.species import Positions
from molsteer.simulator.relaxing.measures import (
    Numbers,
    bends,
    straight_bends,
    stretches,
    torsions,
)
from molsteer.simulator.relaxing.primitives import Primitives
from molsteer.simulator.relaxing.topology import Topology, topology

_INDEPENDENT = 1e-3
"""Of the largest singular value of Wilson's matrix."""

_STRAINED_DEGREES = 175.0
_NO_LONGER_STRAIGHT = 0.7
"""The sum of both unit vectors at 140 degrees."""


@dataclass(frozen=True, slots=True)
class Place:
    """A geometry in internal coordinates.

    Attributes:
        values: Of the primitives.
        wilson: Derivatives of the coordinates, shape (coordinates, 3 atoms).
        inverse: Its generalized inverse, shape (3 atoms, coordinates).
    """

    positions: Positions
    values: Numbers
    wilson: Numbers
    inverse: Numbers


@dataclass(frozen=True, slots=True)
class Internal:
    """Independent combinations of primitives.

    Attributes:
        topology: The atoms of the primitives.
        primitives: Stretches, bends and torsions.
        mixture: One combination a column, orthonormal.
    """

    topology: Topology
    primitives: Primitives
    mixture: Numbers

    def at(self, positions: Positions) -> Place:
        """Measure a geometry.

        Raises:
            LinAlgError: If the coordinates do not describe all motions there.
        """
        values, derivatives = self.primitives.wilson(positions)
        wilson = self.mixture.T @ derivatives
        inverse = np.asarray(np.linalg.solve(wilson @ wilson.T, wilson).T, dtype=np.float64)
        return Place(positions, values, wilson, inverse)

    def difference(self, new: Numbers, old: Numbers) -> Numbers:
        """Subtract values of primitives, and mix them."""
        return self.primitives.difference(new, old) @ self.mixture

    def curvature(self, place: Place, gradient: Numbers) -> Numbers:
        """Give what a gradient in these coordinates adds to Cartesian second derivatives."""
        return self.primitives.curvature(place.positions, self.mixture @ gradient)

    def guess(self) -> Numbers:
        """Give second derivatives where nothing is known of the molecule."""
        return np.asarray((self.mixture.T * self.primitives.stiffness) @ self.mixture)

    def strained(self, place: Place) -> bool:
        """Tell whether bends came near a straight line, or straight ones left it."""
        count, bent, straight = (
            len(atoms)
            for atoms in (self.topology.bonds, self.topology.bends, self.topology.straight)
        )
        angles = place.values[count : count + bent]
        beside = place.values[count + bent : count + bent + 2 * straight]
        return bool(
            (angles > np.radians(_STRAINED_DEGREES)).any()
            or (np.abs(beside) > _NO_LONGER_STRAIGHT).any()
        )


def internal(symbols: list[str], positions: Positions) -> Internal | None:
    """Find coordinates of a geometry in bohr; None where they would not describe all motions."""
    found = topology(symbols, positions)
    basis = primitives(found, positions)
    _, derivatives = basis.wilson(positions)
    # The square has the same motions as the matrix, in a fraction of the time.
    squares, motions = np.linalg.eigh(derivatives.T @ derivatives)
    kept = squares > _INDEPENDENT**2 * squares[-1]
    if kept.sum() < degrees_of_freedom(positions):
        return None
    return Internal(found, basis, derivatives @ (motions[:, kept] / np.sqrt(squares[kept])))


def primitives(found: Topology, positions: Positions) -> Primitives:
    """Make a topology measurable."""
    one, other = _across(found, positions)
    return Primitives(
        (
            (stretches, found.bonds),
            (bends, found.bends),
            (lambda atoms: straight_bends(atoms, one), found.straight),
            (lambda atoms: straight_bends(atoms, other), found.straight),
            (torsions, found.torsions),
        ),
        (0.45, 0.15, 0.08, 0.08, 0.02),
    )


def degrees_of_freedom(positions: Positions) -> int:
    """Count the motions that change a shape."""
    spreads = np.linalg.svd(positions - positions.mean(axis=0), compute_uv=False)
    return int(positions.size - (5 if spreads[1] < 1e-3 * spreads[0] else 6))


def _across(found: Topology, positions: Positions) -> tuple[Numbers, Numbers]:
    """Give two unit vectors perpendicular to each line of three atoms, and to each other."""
    along = positions[found.straight[:, 2]] - positions[found.straight[:, 0]]
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    start = np.eye(3)[np.abs(along).argmin(axis=1)]
    one = np.cross(along, start)
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    return one, np.cross(along, one)
