"""First geometries, and whether a geometry is still the molecule."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem

from molsteer.shared.units import BOHR_IN_ANGSTROM
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.errors import Dissociated, EmbeddingFailed, TimeLimit
from molsteer.simulator.molecule.connectivity import check_ion, check_neutral
from molsteer.simulator.molecule.embedding import embed
from molsteer.simulator.molecule.species import Positions, Species, read_species

pytestmark = pytest.mark.fast


def embedded(smiles: str) -> tuple[Species, Positions]:
    species = read_species(smiles)
    return species, embed(species, Deadline.after(60.0))


@pytest.mark.parametrize(
    "smiles",
    ["CCO", "C12CC(C1)C2", "C1C2CC1C2", "OC=CC=O", "C1CS1", "C#CC1CC1[N+](=O)[O-]"],
)
def test_a_molecule_that_stays_itself_passes(smiles: str) -> None:
    species, positions = embedded(smiles)
    check_neutral(species, positions)
    check_ion(species, positions, "cation")


def test_a_neutral_with_a_broken_bond_is_named_by_its_atoms() -> None:
    species, positions = embedded("CCO")
    positions[3] += 4.0 * (positions[3] - positions[0])
    with pytest.raises(Dissociated, match="the bond C1-H4 broke") as failure:
        check_neutral(species, positions)
    assert (failure.value.state, failure.value.retryable) == ("neutral", False)


def test_a_neutral_with_a_new_bond_is_another_molecule() -> None:
    species, positions = embedded("CCCC")
    positions[3] = positions[0] + np.array([2.6, 0.0, 0.0])
    with pytest.raises(Dissociated, match="neutral"):
        check_neutral(species, positions)


def test_a_cation_may_stretch_but_not_fall_apart() -> None:
    species, positions = embedded("CC")
    axis = (positions[1] - positions[0]) / np.linalg.norm(positions[1] - positions[0])
    methyl = [1, 5, 6, 7]
    positions[methyl] += 0.8 * axis
    check_ion(species, positions, "cation")
    positions[methyl] += 3.0 * axis
    with pytest.raises(Dissociated, match="4 of its 8 atoms"):
        check_ion(species, positions, "cation")


def stretched(by_angstrom: float) -> tuple[Species, Positions]:
    """Put the carbons of ethane as far apart as their radii, and some more."""
    species, positions = embedded("CC")
    axis = (positions[1] - positions[0]) / np.linalg.norm(positions[1] - positions[0])
    radius = Chem.GetPeriodicTable().GetRcovalent("C")
    beyond = (2 * radius + by_angstrom) / BOHR_IN_ANGSTROM
    positions[[1, 5, 6, 7]] += (beyond - np.linalg.norm(positions[1] - positions[0])) * axis
    return species, positions


def test_a_bond_of_the_neutral_may_be_stretched_by_less_than_half_an_angstrom() -> None:
    check_neutral(*stretched(0.4))
    with pytest.raises(Dissociated, match="C1-C2 broke"):
        check_neutral(*stretched(0.5))


def test_the_cation_may_hold_together_by_one_electron() -> None:
    check_ion(*stretched(0.7), "cation")
    with pytest.raises(Dissociated, match="fragments"):
        check_ion(*stretched(0.9), "cation")


@pytest.mark.parametrize("smiles", ["N=S=O", "CN=S=O", "O=S=C=S=O", "C1=CC2=CC1=C2"])
def test_what_the_knowledge_of_torsions_excludes_gets_a_geometry_too(smiles: str) -> None:
    species, positions = embedded(smiles)
    assert positions.shape == (len(species.numbers), 3)
    assert np.isfinite(positions).all()


def test_a_molecule_has_the_same_first_geometry_every_time() -> None:
    _, once = embedded("CC(O)CCN")
    _, again = embedded("NCCC(C)O")
    np.testing.assert_array_equal(once, again)


def test_a_molecule_without_mmff_parameters_gets_a_geometry_too() -> None:
    species, positions = embedded("CB(C)C")
    check_neutral(species, positions)


def test_an_impossible_cage_cannot_be_embedded() -> None:
    with pytest.raises(EmbeddingFailed) as failure:
        embedded("C[C@H]1C[C@@]2(C)C[C@@]1(C)C2")
    assert (failure.value.code, failure.value.retryable) == ("embedding-failed", False)


def test_a_geometry_is_built_however_much_time_there_is() -> None:
    assert embed(read_species("CCO"), Deadline.after(1e12)).shape == (9, 3)


def test_no_geometry_is_built_when_the_time_is_over() -> None:
    with pytest.raises(TimeLimit) as failure:
        embed(read_species("CCO"), Deadline.after(1e-9))
    assert (failure.value.code, failure.value.retryable) == ("time-limit", True)
