"""The protocol on a program that only looks as if it computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest

from molsteer.shared.wire.catalogue import ADIABATIC_IP, OFFERED
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.errors import NotConverged
from molsteer.simulator.molecule.connectivity import check_neutral
from molsteer.simulator.molecule.embedding import embed
from molsteer.simulator.molecule.species import ElectronicState, Positions, Species, read_species
from molsteer.simulator.molecule.spin import states
from molsteer.simulator.programs.port import Orbitals, Relaxation, SinglePoint
from molsteer.simulator.properties.free_atoms import FreeAtoms
from molsteer.simulator.properties.minimum import (
    has_straight_bonds,
    is_planar,
    is_same_shape,
    minimum,
)
from molsteer.simulator.properties.study import Study
from molsteer.simulator.properties.table import PROPERTIES, compute

pytestmark = pytest.mark.fast

CURVED = 0.5

ADIABATIC_EA = "adiabatic_electron_affinity"
IONIZATION = {ADIABATIC_IP, "vertical_ionization_potential", "shifted_ionization_potential"}
AFFINITIES = {ADIABATIC_EA, "vertical_electron_affinity"}


@dataclass
class Pretended:
    """Takes every start for a minimum.

    Attributes:
        curvature: Of all directions, in hartree per square bohr.
        energies: Of the relaxations in their order; None for one that does not converge.
        starts: What was relaxed.
        looked_at: How many gradients were asked for.
        single_points: How many energies.
    """

    curvature: float = CURVED
    energies: Sequence[float | None] = (0.0,) * 6
    starts: list[Positions] = field(default_factory=list)
    looked_at: int = 0
    single_points: int = 0

    name: str = "pretended"
    accuracy: float = 1.0
    solvent: str | None = None
    lacks: frozenset[str] = frozenset()

    def in_vacuum(self) -> Pretended:
        return self

    def orbitals(self, *_asked: object) -> Orbitals:
        return Orbitals(-0.5, -0.1, {})

    def single_point(self, *_asked: object) -> SinglePoint:
        self.single_points += 1
        return SinglePoint(0.0, {})

    def relax(
        self,
        species: Species,
        state: ElectronicState,
        start: Positions,
        _like: Relaxation | None = None,
    ) -> Relaxation:
        energy = self.energies[len(self.starts)]
        self.starts.append(start)
        if energy is None:
            raise NotConverged(species.smiles, state.name, 1, "it was told so")
        return Relaxation(energy, start, 1, {})

    def gradients(
        self, _species: Species, _state: ElectronicState, geometries: Sequence[Positions]
    ) -> list[npt.NDArray[np.float64]]:
        self.looked_at += len(geometries)
        return [self.curvature * (positions - geometries[0]) for positions in geometries]


def at_its_start(smiles: str, program: Pretended) -> Relaxation:
    species = read_species(smiles)
    neutral = states(species, "rule", None)["neutral"]
    start = embed(species, Deadline.after(60.0))
    return minimum(species, neutral, start, program, check_neutral)


def study(smiles: str, program: Pretended) -> Study:
    species = read_species(smiles)
    spins = states(species, "rule", None)
    return Study(species, spins, program, Deadline.after(60.0), FreeAtoms())


def test_neutral_and_ions_start_beside_what_may_be_a_saddle() -> None:
    program = Pretended()
    asked = study("CCC(C)C", program)
    compute(asked, ["adiabatic_ionization_potential", "adiabatic_electron_affinity"])
    neutral, cation, anion = program.starts
    embedded = embed(asked.species, asked.deadline)
    for moved in (neutral - embedded, cation - neutral, anion - neutral):
        assert 0.03 < np.sqrt((moved**2).mean()) < 0.08


@pytest.mark.parametrize(
    ("wanted", "records", "along"),
    [
        ([], ["neutral", "vertical", "cation"], IONIZATION),
        (["adiabatic_ionization_potential"], ["neutral", "vertical", "cation"], IONIZATION),
        (["vertical_ionization_potential"], ["neutral", "vertical"], IONIZATION - {ADIABATIC_IP}),
        (["adiabatic_electron_affinity"], ["neutral", "vertical_anion", "anion"], AFFINITIES),
        (
            ["vertical_electron_affinity"],
            ["neutral", "vertical_anion"],
            AFFINITIES - {ADIABATIC_EA},
        ),
        (["homo_lumo_gap"], ["neutral", "orbitals"], {"homo_lumo_gap"}),
        (["atomization_energy"], ["neutral"], {"atomization_energy"}),
    ],
)
def test_no_more_is_computed_than_is_wanted(
    wanted: list[str], records: list[str], along: set[str]
) -> None:
    found = compute(study("CCC(C)C", Pretended()), wanted)
    assert list(found.records) == records
    assert set(found.values) == along


def test_a_free_atom_is_computed_once_in_a_process() -> None:
    program, free_atoms = Pretended(), FreeAtoms()
    once = free_atoms.energy([6, 1, 1, 1, 1], program)
    assert free_atoms.energy([6, 6, 1], program) == once
    assert program.single_points == 2
    free_atoms.energy([1], Pretended(solvent="water"))
    assert free_atoms.energy([1], program) == once
    assert program.single_points == 2


def test_every_property_of_the_catalogue_is_in_the_table_and_the_other_way_round() -> None:
    assert tuple(PROPERTIES) == OFFERED["xtb"]


def test_an_end_that_is_not_suspicious_costs_nothing_more() -> None:
    program = Pretended()
    at_its_start("CCC(C)C", program)
    assert (len(program.starts), program.looked_at) == (1, 0)


def test_a_plane_with_stiff_directions_alone_is_relaxed_once() -> None:
    program = Pretended()
    at_its_start("c1ccncc1", program)
    assert len(program.starts) == 1
    assert program.looked_at > 1


@pytest.mark.parametrize("smiles", ["c1ccncc1", "O"])
def test_a_plane_with_a_direction_that_falls_is_left_to_both_sides(smiles: str) -> None:
    program = Pretended(curvature=-0.01, energies=(0.0, -0.1, -0.2))
    assert at_its_start(smiles, program).energy == -0.2
    end, one, other = program.starts
    np.testing.assert_allclose(one - end, end - other)
    assert np.linalg.norm(one - end) == pytest.approx(0.3)


class OnARidge(Pretended):
    """Falls to both sides of a plane, and rises within it."""

    def gradients(
        self, species: Species, state: ElectronicState, geometries: Sequence[Positions]
    ) -> list[npt.NDArray[np.float64]]:
        end = geometries[0]
        normal = np.linalg.svd(end - end.mean(axis=0))[2][-1]
        rising = super().gradients(species, state, geometries)
        return [force - 1.1 * np.outer(force @ normal, normal) for force in rising]


def test_of_two_sides_that_are_mirror_images_one_is_relaxed() -> None:
    program = OnARidge(energies=(0.0, -0.1))
    assert at_its_start("c1ccncc1", program).energy == -0.1
    assert len(program.starts) == 2


@pytest.mark.parametrize(("axis", "same"), [(2, True), (1, True), (0, False)])
def test_geometries_are_alike_but_for_a_reflection_or_half_a_turn(axis: int, same: bool) -> None:
    water = np.array(
        [[0.0, 0.0, 0.0], [1.1, 1.4, 0.0], [1.1, -1.4, 0.0]]
    )  # C2 along the first axis
    moved = np.zeros_like(water)
    moved[0, axis] = 0.3
    assert is_same_shape(read_species("O"), water + moved, water - moved) == same


def test_bonds_in_a_straight_line_are_left_whatever_is_seen() -> None:
    program = Pretended(energies=(0.0, 0.1, 0.1))
    assert at_its_start("C=C=C", program).energy == 0.0
    assert len(program.starts) == 3


def test_what_fails_in_addition_does_no_harm() -> None:
    program = Pretended(energies=(0.0, None, -0.1))
    assert at_its_start("C=C=C", program).energy == -0.1


@pytest.mark.parametrize(
    ("smiles", "straight", "planar"),
    [
        ("C#CC(C)C", False, False),
        ("C=C=C", True, True),
        ("O=C=O", True, True),
        ("O", False, True),
        ("c1ccccc1", False, True),
        ("C1CCCCC1", False, False),
        ("[H][H]", False, True),
    ],
)
def test_shapes_are_recognised(smiles: str, straight: bool, planar: bool) -> None:
    species = read_species(smiles)
    positions = embed(species, Deadline.after(60.0))
    assert (has_straight_bonds(species, positions), is_planar(species, positions)) == (
        straight,
        planar,
    )
