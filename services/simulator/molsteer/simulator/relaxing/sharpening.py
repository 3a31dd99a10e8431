"""A surface that is computed loosely while forces are large, for there nobody needs it exact."""

from __future__ import annotations

import numpy as np

from molsteer.simulator.engines.port import EnergyAndGradient, Orbitals, Surface
from molsteer.simulator.molecule.species import Positions

_LOOSE = 1.0
"""Accuracy far from a minimum: forces are wrong by 1e-5 hartree per bohr, for three fifths of the
time that 0.05 takes."""

_NEAR, _FAR = 5e-4, 1e-3
"""Hartree per bohr: below the first, a force is exact; above the other the next may be loose."""


def accuracy_at(steepest: float, accuracy: float) -> float:
    """Tell how exact the first point of a relaxation is, whose largest force is given."""
    return accuracy if steepest < _NEAR else max(accuracy, _LOOSE)


class Sharpening:
    """Another surface, loose until forces become small, and exact from then on.

    Whatever meets the criteria of a minimum is exact.
    """

    def __init__(self, surface: Surface, accuracy: float) -> None:
        self._surface, self._accuracy = surface, accuracy
        self._is_loose = accuracy < _LOOSE
        if self._is_loose:
            surface.set_accuracy(_LOOSE)

    def __call__(self, positions: Positions) -> EnergyAndGradient:
        """Compute energy and gradient; see `Surface`."""
        energy, gradient = self._surface(positions)
        if not self._is_loose:
            return energy, gradient
        steepest = np.linalg.norm(gradient, axis=1).max()
        if steepest >= _FAR:
            return energy, gradient
        self.set_accuracy(self._accuracy)
        return (energy, gradient) if steepest >= _NEAR else self._surface(positions)

    def orbitals(self) -> Orbitals:
        """Give the orbitals of the last density; see `Surface`."""
        return self._surface.orbitals()

    def set_accuracy(self, accuracy: float) -> None:
        """Compute with this accuracy from now on; see `Surface`."""
        self._is_loose = False
        self._surface.set_accuracy(accuracy)
