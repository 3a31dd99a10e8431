"""A molecule, and what has been computed of it so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from molsteer.shared.wire.messages import Start
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.errors import Dissociated, StateName
from molsteer.simulator.molecule.connectivity import check_ion, check_neutral
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
        start: Geometries that another level relaxed, if there are any.
        started_from: The level whose geometries were used.
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
    start: Start | None = None
    started_from: str | None = None
    minima: dict[StateName, Relaxation] = field(default_factory=dict)
    multiplicities: dict[str, int] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)

    @property
    def geometry(self) -> Positions:
        """That of the molecule, in bohr, which all but its own relaxation start from."""
        return self.minima["neutral"].positions

    def given(self, name: StateName) -> Positions | None:
        """Give the geometry of a state to start from, in bohr; None if there is none of it.

        One of other atoms, of the same in another order, or of what is no longer the molecule, is
        none. Without that of the molecule, those of its ions are not used either.
        """
        if self.start is None or list(self.start.symbols) != self.species.symbols:
            return None
        if name != "neutral" and self.started_from is None:
            return None
        flat = self.start.geometries.get(name, ())
        if len(flat) != 3 * len(self.species.symbols):
            return None
        positions: Positions = np.array(flat, dtype=np.float64).reshape(-1, 3)
        try:
            if name == "neutral":
                check_neutral(self.species, positions)
            else:
                check_ion(self.species, positions, name)
        except Dissociated:
            return None
        self.started_from = self.start.level
        return positions

    @property
    def steps(self) -> dict[str, int]:
        """Relaxation steps of each state that was relaxed."""
        return {str(state): found.steps for state, found in self.minima.items()}


Calculation = Callable[[Study], float]
"""Computes an energy in hartree, and leaves records and minima in the study."""
