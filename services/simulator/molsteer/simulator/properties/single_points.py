"""Energies at the geometry of the relaxed molecule."""

from __future__ import annotations

from molsteer.shared.telemetry.stages import stage
from molsteer.simulator.errors import StateName
from molsteer.simulator.properties.study import Calculation, Study


def vertical(name: StateName, record: str) -> Calculation:
    """Make the energy of an ion at the geometry of the molecule.

    Args:
        name: The ion.
        record: Name of its record.
    """

    def at_geometry(study: Study) -> float:
        state = study.states[name]
        with stage(f"{name} single point"):
            found = study.program.single_point(study.species, state, study.geometry)
        study.multiplicities[name] = state.multiplicity
        study.records[record] = found.record
        return found.energy

    return at_geometry


def in_vacuum(study: Study) -> float:
    """Compute the molecule without what surrounds it, at the geometry that it has in there."""
    state, program = study.states["neutral"], study.program.in_vacuum()
    with stage("single point in vacuum"):
        found = program.single_point(study.species, state, study.geometry)
    study.records["vacuum"] = found.record
    return found.energy


def gap(study: Study) -> float:
    """Compute what lies between the orbitals at the border of filled and empty ones."""
    with stage("orbitals"):
        found = study.program.orbitals(study.species, study.states["neutral"], study.geometry)
    study.records["orbitals"] = found.record
    return found.lumo - found.homo
