"""A molecule, and what has been computed of it so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from molsteer.simulator.deadline import Deadline
from molsteer.simulator.errors import StateName
from molsteer.simulator.molecule.species import ElectronicState, Positions, Species
from molsteer.simulator.port import Record
from molsteer.simulator.programs.port import Program, Relaxation

if TYPE_CHECKING:
    from molsteer.simulator.properties.free_atoms import FreeAtoms


@dataclass(slots=True)
class Study:
    """One molecule under calculation; what one calculation leaves here, others go on from.

    Attributes:
        states: Charge and spin of the molecule, and with one electron less or more.
        program: What computes energies, in the level's environment.
        free_atoms: What is known of atoms in this process.
        method: Name of the level of theory.
        relaxes: Whether geometries are relaxed; that of the molecule is its first one otherwise.
        minima: Relaxed geometries of states.
        multiplicities: Of the states that were computed.
        records: QCSchema by name.
    """

    species: Species
    states: Mapping[StateName, ElectronicState]
    program: Program
    deadline: Deadline
    free_atoms: FreeAtoms
    method: str = "xtb"
    relaxes: bool = True
    minima: dict[StateName, Relaxation] = field(default_factory=dict)
    multiplicities: dict[str, int] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)

    @property
    def geometry(self) -> Positions:
        """That of the molecule, in bohr, which all but its own relaxation start from."""
        return self.minima["neutral"].positions

    @property
    def steps(self) -> dict[str, int]:
        """Relaxation steps of each state that was relaxed."""
        return {str(state): found.steps for state, found in self.minima.items()}


Calculation = Callable[[Study], float]
"""Computes an energy in hartree, and leaves records and minima in the study."""
