"""A level of theory: every hydrogen atom counts one electronvolt."""

from __future__ import annotations

from pathlib import Path

from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.port import Ionization, Simulator


def build() -> Simulator:
    """Prepare a process, by importing what is slow to import."""
    from molsteer.simulator.molecule.species import read_species

    def count(
        smiles: str,
        spec: SimulationSpec,  # noqa: ARG001 - there is nothing to be chosen
        scratch: Path,  # noqa: ARG001 - no file is needed
        remaining_s: float,  # noqa: ARG001 - it takes no time
    ) -> Ionization:
        hydrogens = float(read_species(smiles).symbols.count("H"))
        return Ionization(
            adiabatic_eV=hydrogens, vertical_eV=hydrogens, steps=(0, 0), engine="hydrogens 0.1.0"
        )

    return count
