"""What computes energies: a program that answers at one geometry after another."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from molsteer.simulator.molecule.species import Positions

EnergyAndGradient = tuple[float, npt.NDArray[np.float64]]
"""Energy in hartree, and its gradient in hartree per bohr with shape (atoms, 3)."""

Orbitals = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Energies in hartree, ascending, and how many electrons are in each."""


class Surface(Protocol):
    """The energy of one molecule in one electronic state, as a function of its geometry.

    Each density starts from the one before, so neighbouring geometries are cheap.
    """

    def __call__(self, positions: Positions) -> EnergyAndGradient:
        """Compute energy and gradient.

        Raises:
            ScfFailed: If the density does not become self-consistent.
        """
        ...

    def orbitals(self) -> Orbitals:
        """Give the orbitals of the density that was computed last."""
        ...

    def set_accuracy(self, accuracy: float) -> None:
        """Compute with this accuracy from now on; see `Engine.surface`."""
        ...


class Engine(Protocol):
    """A program for GFN2-xTB inside this process."""

    @property
    def name(self) -> str:
        """Name of the program."""
        ...

    @property
    def version(self) -> str:
        """Version of the program."""
        ...

    @property
    def solvent(self) -> str | None:
        """What surrounds the molecules, by ALPB; None is vacuum."""
        ...

    def in_vacuum(self) -> Engine:
        """Give the same program without a solvent."""
        ...

    def surface(
        self,
        numbers: npt.NDArray[np.int32],
        positions: Positions,
        charge: int,
        unpaired: int,
        accuracy: float,
    ) -> Surface:
        """Prepare a molecule.

        Args:
            numbers: Atomic numbers, shape (atoms,).
            positions: Any geometry of it; only its shape matters to the surface.
            charge: Total charge in elementary charges.
            unpaired: Number of unpaired electrons.
            accuracy: Numerical accuracy of the density, dimensionless, smaller is tighter.

        Raises:
            ScfFailed: If the program does not take the molecule.
        """
        ...
