"""The protocol on a program that only looks as if it computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest

from molsteer.simulator.deadline import Deadline
from molsteer.simulator.errors import NotConverged
from molsteer.simulator.ionization import ionize
from molsteer.simulator.minimum import has_straight_bonds, is_planar, minimum
from molsteer.simulator.molecule.connectivity import check_neutral
from molsteer.simulator.molecule.embedding import embed
from molsteer.simulator.molecule.species import ElectronicState, Positions, Species, read_species
from molsteer.simulator.molecule.spin import states
from molsteer.simulator.program import Relaxation, SinglePoint

pytestmark = pytest.mark.fast

CURVED = 0.5


@dataclass
class Pretended:
    """Takes every start for a minimum.

    Attributes:
        curvature: Of all directions, in hartree per square bohr.
        energies: Of the relaxations in their order; None for one that does not converge.
        starts: What was relaxed.
        looked_at: How many gradients were asked for.
    """

    curvature: float = CURVED
    energies: Sequence[float | None] = (0.0,) * 6
    starts: list[Positions] = field(default_factory=list)
    looked_at: int = 0

    name: str = "pretended"

    def single_point(self, *_asked: object) -> SinglePoint:
        return SinglePoint(0.0, {})

    def relax(self, species: Species, state: ElectronicState, start: Positions) -> Relaxation:
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
    neutral, _ = states(species, "rule", None)
    start = embed(species, Deadline.after(60.0))
    return minimum(species, neutral, start, program, check_neutral)


def test_neutral_and_cation_both_start_beside_what_may_be_a_saddle() -> None:
    species, program, deadline = read_species("CCC(C)C"), Pretended(), Deadline.after(60.0)
    ionize(species, states(species, "rule", None), program, deadline)
    neutral, cation = program.starts
    embedded = embed(species, deadline)
    for moved in (neutral - embedded, cation - neutral):
        assert 0.03 < np.sqrt((moved**2).mean()) < 0.08


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
