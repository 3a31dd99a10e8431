"""All stretches, bends and torsions of a molecule in one row, and their derivatives.

Each depends on two to four atoms, so the derivatives of all of a kind are measured at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from molsteer.simulator.molecule.species import Positions
from molsteer.simulator.relaxing.measures import Measured, Numbers
from molsteer.simulator.relaxing.topology import Indices

_DIFFERENCE_BOHR = 1e-4


@dataclass(frozen=True, slots=True)
class Primitives:
    """Coordinates of several kinds, those of the last kind in radians that turn.

    Attributes:
        kinds: Functions that measure, with the atoms that they measure.
        typical: A second derivative for each kind, in hartree per square bohr or radian.
    """

    kinds: tuple[tuple[Callable[[Numbers], Measured], Indices], ...]
    typical: tuple[float, ...]

    @property
    def stiffness(self) -> Numbers:
        """A typical second derivative of each coordinate."""
        return np.repeat(self.typical, [len(atoms) for _, atoms in self.kinds])

    def values(self, positions: Positions) -> Numbers:
        """Measure, in bohr and radians."""
        return np.concatenate(
            [measure(positions[atoms])[0] for measure, atoms in self.kinds if len(atoms)]
        )

    def wilson(self, positions: Positions) -> tuple[Numbers, Numbers]:
        """Measure values and their derivatives, shape (coordinates, 3 atoms)."""
        values, gradients = [], []
        for measure, atoms in self.kinds:
            if not len(atoms):
                continue
            value, gradient = measure(positions[atoms])
            rows = np.zeros((len(atoms), *positions.shape))
            rows[np.arange(len(atoms))[:, np.newaxis], atoms] = gradient
            values.append(value)
            gradients.append(rows.reshape(len(atoms), positions.size))
        return np.concatenate(values), np.concatenate(gradients)

    def curvature(self, positions: Positions, weights: Numbers) -> Numbers:
        """Add up second derivatives, each times a weight, shape (3 atoms, 3 atoms)."""
        total = np.zeros((positions.size, positions.size))
        begin = 0
        for measure, atoms in self.kinds:
            count, size = atoms.shape
            flat = 3 * size
            moves = _DIFFERENCE_BOHR * np.eye(flat).reshape(flat, 1, size, 3)
            ahead, behind = (measure(positions[atoms] + way)[1] for way in (moves, -moves))
            second = ((ahead - behind) / (2 * _DIFFERENCE_BOHR)).reshape(flat, count, flat)
            weighted = second * weights[begin : begin + count, np.newaxis]
            where = (3 * atoms[:, :, np.newaxis] + np.arange(3)).reshape(count, flat)
            np.add.at(total, (where.T[:, :, np.newaxis], where[np.newaxis]), weighted)
            begin += count
        return (total + total.T) / 2

    def difference(self, new: Numbers, old: Numbers) -> Numbers:
        """Subtract values, torsions the short way round."""
        apart = new - old
        turning = len(apart) - len(self.kinds[-1][1])
        apart[turning:] -= 2 * np.pi * np.round(apart[turning:] / (2 * np.pi))
        return np.asarray(apart, dtype=np.float64)
