"""A level of theory: it counts the atoms of a molecule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from molsteer.shared.wire.properties import Quantity
from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.port import Computed, Simulator


def build() -> Simulator:
    """Prepare a process, by importing what is slow to import."""
    from molsteer.simulator.molecule.species import read_species

    def count(
        smiles: str,
        spec: SimulationSpec,  # noqa: ARG001 - there is nothing to be chosen
        wanted: Mapping[str, str],  # noqa: ARG001 - all that it can give is given at once
        scratch: Path,  # noqa: ARG001 - no file is needed
        remaining_s: float,  # noqa: ARG001 - it takes no time
    ) -> Computed:
        symbols = read_species(smiles).symbols
        hydrogens = symbols.count("H")
        values = {
            "hydrogens": Quantity(value=hydrogens),
            "heavy_atoms": Quantity(value=len(symbols) - hydrogens),
        }
        return Computed(values=values, engine="hydrogens 0.1.0")

    return count
