"""What is asked of a program: energies and orbitals at a geometry, and the minimum near one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from molsteer.simulator.molecule.species import ElectronicState, Positions, Species
from molsteer.simulator.port import Record
from molsteer.simulator.relaxing.path import Stiffness


@dataclass(frozen=True, slots=True)
class SinglePoint:
    """An energy in hartree at one geometry, with its QCSchema `AtomicResult`."""

    energy: float
    record: Record


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A minimum, with its QCSchema `OptimizationResult`.

    Attributes:
        energy: In hartree.
        positions: In bohr, atoms in the order they came.
        steps: Geometries after the first.
        stiffness: What was learned of second derivatives, if the program tells.
    """

    energy: float
    positions: Positions
    steps: int
    record: Record
    stiffness: Stiffness | None = None


@dataclass(frozen=True, slots=True)
class Orbitals:
    """The orbitals at the border of filled and empty ones, with the QCSchema `AtomicResult`.

    Attributes:
        homo: Energy of the highest that holds an electron, in hartree.
        lumo: Energy of the next one.
    """

    homo: float
    lumo: float
    record: Record


class Program(Protocol):
    """Computes one species at one level of theory."""

    @property
    def name(self) -> str:
        """Programs and versions, for the record."""
        ...

    @property
    def accuracy(self) -> float:
        """Numerical accuracy of the density, dimensionless, smaller is tighter."""
        ...

    @property
    def solvent(self) -> str | None:
        """What surrounds the species; None is vacuum."""
        ...

    @property
    def lacks(self) -> frozenset[str]:
        """Calculations that it does not offer, as the table of properties names them."""
        ...

    def in_vacuum(self) -> Program:
        """Give the same program without a solvent."""
        ...

    def single_point(
        self, species: Species, state: ElectronicState, positions: Positions
    ) -> SinglePoint:
        """Compute the energy of a state at a geometry.

        Raises:
            ScfFailed: If the density does not become self-consistent.
            TimeLimit: If the time was over before.
        """
        ...

    def orbitals(self, species: Species, state: ElectronicState, positions: Positions) -> Orbitals:
        """Find the border of filled and empty orbitals at a geometry.

        Raises:
            ScfFailed: If the density does not become self-consistent, or fills all orbitals.
            TimeLimit: If the time was over before.
        """
        ...

    def relax(
        self,
        species: Species,
        state: ElectronicState,
        start: Positions,
        like: Relaxation | None = None,
    ) -> Relaxation:
        """Find the minimum near a geometry.

        Args:
            species: The molecule.
            state: Its charge and spin.
            start: Geometry in bohr, shape (atoms, 3).
            like: An earlier relaxation of the molecule in any state; what was learned in it may
                spare steps, and changes no minimum.

        Raises:
            NotConverged: If it is not reached within the allowed steps.
            ScfFailed: If an energy on the way cannot be computed.
            TimeLimit: If the time was over before.
        """
        ...

    def gradients(
        self, species: Species, state: ElectronicState, geometries: Sequence[Positions]
    ) -> list[npt.NDArray[np.float64]]:
        """Compute the gradient at neighbouring geometries, in hartree per bohr.

        Raises:
            ScfFailed: If a density does not become self-consistent.
            TimeLimit: If the time was over before.
        """
        ...
