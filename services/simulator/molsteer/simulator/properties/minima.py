"""Relaxed energies: of the molecule, and of it with one electron less or more."""

from __future__ import annotations

from functools import partial

from molsteer.shared.telemetry.stages import stage
from molsteer.simulator.errors import StateName
from molsteer.simulator.molecule.connectivity import check_ion, check_neutral
from molsteer.simulator.molecule.embedding import displaced, embed
from molsteer.simulator.molecule.species import Positions
from molsteer.simulator.programs.port import Relaxation
from molsteer.simulator.properties.minimum import minimum
from molsteer.simulator.properties.study import Calculation, Study


def neutral(study: Study) -> float:
    """Relax the molecule as its SMILES gives it, from its first geometry, or compute it there."""
    with stage("embedding"):
        first = embed(study.species, study.deadline)
    if not study.relaxes:
        return _as_it_is(study, "neutral", first)
    with stage("neutral relaxation"):
        state, start = study.states["neutral"], displaced(first)
        found = minimum(study.species, state, start, study.program, check_neutral)
    return _kept(study, "neutral", found)


def ion(name: StateName) -> Calculation:
    """Make the relaxation of an ion, from the geometry of the molecule."""

    def relaxed(study: Study) -> float:
        state, start = study.states[name], displaced(study.geometry)
        check = partial(check_ion, name=name)
        with stage(f"{name} relaxation"):
            molecule = study.minima["neutral"]
            found = minimum(study.species, state, start, study.program, check, molecule)
        return _kept(study, name, found)

    return relaxed


def _as_it_is(study: Study, name: StateName, geometry: Positions) -> float:
    with stage(f"{name} single point"):
        found = study.program.single_point(study.species, study.states[name], geometry)
    return _kept(study, name, Relaxation(found.energy, geometry, 0, found.record))


def _kept(study: Study, name: StateName, found: Relaxation) -> float:
    study.minima[name] = found
    study.multiplicities[name] = study.states[name].multiplicity
    study.records[name] = found.record
    return found.energy
