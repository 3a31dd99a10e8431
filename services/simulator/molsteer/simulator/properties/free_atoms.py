"""Energies of the free atoms that a molecule is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from molsteer.shared.telemetry.stages import stage
from molsteer.simulator.molecule.atoms import free_atom
from molsteer.simulator.programs.port import Program
from molsteer.simulator.properties.study import Study

_AT_ORIGIN = np.zeros((1, 3))


@dataclass(frozen=True, slots=True)
class FreeAtoms:
    """Computes atoms, each once in a process for each program and environment."""

    _known: dict[tuple[str, str | None, float, int], float] = field(default_factory=dict)

    def energy(self, numbers: Iterable[int], program: Program) -> float:
        """Add up the energies of atoms in their ground states, in hartree.

        Args:
            numbers: Their atomic numbers.
            program: What computes them, in the environment that it has.

        Raises:
            ScfFailed: If the density of an atom does not become self-consistent.
            TimeLimit: If the time was over before.
        """
        return sum(count * self._of(number, program) for number, count in Counter(numbers).items())

    def _of(self, number: int, program: Program) -> float:
        key = (program.name, program.solvent, program.accuracy, number)
        if key not in self._known:
            species, state = free_atom(number)
            self._known[key] = program.single_point(species, state, _AT_ORIGIN).energy
        return self._known[key]


def atoms(study: Study) -> float:
    """Add up the energies of the atoms that the molecule is made of."""
    with stage("free atoms"):
        return study.free_atoms.energy(study.species.numbers.tolist(), study.program)
