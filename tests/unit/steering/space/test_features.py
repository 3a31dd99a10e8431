"""Features are of the molecule alone: not of how it is written, and not of its company."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molsteer.shared.wire.arrays.features import Features, join
from molsteer.steering.space.errors import UnusableMolecule
from molsteer.steering.space.features.atoms import read_atoms
from molsteer.steering.space.features.burden import burden
from molsteer.steering.space.features.counting import count_environments
from molsteer.steering.space.features.descriptors import DESCRIPTORS
from molsteer.steering.space.features.electronic import ELECTRONIC
from molsteer.steering.space.features.featurizing import featurize_smiles
from molsteer.steering.space.features.hueckel import frontier

pytestmark = pytest.mark.fast

MOLECULES = [
    *("C", "CCO", "CC(=O)Oc1ccccc1C(=O)O", "C1CC1N", "C#N", "c1ccncc1", "FC(F)(F)Cl"),
    *("C[N+](=O)[O-]", "[NH4+]", "[CH3]", "[O]", "CB(C)C", "C[Si](C)(C)C", "CS(=O)(=O)C"),
    *("C[Se](C)=O", "C[Fe]C", "O=[Xe](=O)=O", "[H][H]", "[2H]C", "[Og]", "[2H][2H]"),
]


def same(one: Features, other: Features) -> None:
    arrays = other.to_arrays()
    for name, array in one.to_arrays().items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)


@given(st.lists(st.sampled_from(MOLECULES), max_size=6))
@settings(deadline=None, max_examples=30)
def test_features_do_not_depend_on_the_company_of_a_molecule(smiles: list[str]) -> None:
    alone = [featurize_smiles([each]) for each in smiles]
    same(featurize_smiles(smiles), join([*alone, featurize_smiles([])]))


@pytest.mark.parametrize("smiles", ["CC(=O)Oc1ccccc1C(=O)O", "C[N+](=O)[O-]", "OC1CC(N)C1=O"])
def test_features_do_not_depend_on_how_a_molecule_is_written(smiles: str) -> None:
    molecule = Chem.MolFromSmiles(smiles)
    written = Chem.MolToSmiles(molecule, rootedAtAtom=molecule.GetNumAtoms() - 1)
    assert written != Chem.MolToSmiles(molecule)
    same(featurize_smiles([written]), featurize_smiles([smiles]))


def test_every_element_and_kind_of_bond_has_features() -> None:
    features = Features.from_arrays(featurize_smiles(MOLECULES).to_arrays())
    assert len(features) == len(MOLECULES)
    assert features.descriptors.shape[1] == len(DESCRIPTORS) == len(set(DESCRIPTORS))
    assert features.electronic.shape[1] == len(ELECTRONIC) == len(set(ELECTRONIC))


def test_molecules_of_the_largest_size_have_features() -> None:
    features = featurize_smiles(["C" * 500])
    assert np.isfinite(features.electronic).all()
    assert features.morgan.count.max() == 255


def test_patterns_come_in_ascending_order_with_their_counts() -> None:
    counts = count_environments([Chem.MolFromSmiles("CCCCC"), Chem.MolFromSmiles("C")])
    assert counts.entries.tolist() == [7, 1]
    assert (np.diff(counts.code[:7].astype(np.int64)) > 0).all()
    alone, with_neighbours, with_their_neighbours = [2, 3], [2, 2, 1], [1, 2]
    assert sorted(counts.count[:7]) == sorted(alone + with_neighbours + with_their_neighbours)


def test_a_text_that_is_no_molecule_is_named() -> None:
    with pytest.raises(UnusableMolecule, match=r"'C\(C', number 2"):
        featurize_smiles(["C", "C(C"])


@pytest.mark.parametrize(
    "easier_to_ionize",
    [
        ("O", "CO", "COC"),
        ("N", "CN", "CNC", "CN(C)C"),
        ("C", "CC", "CCC", "C1CCCCC1"),
        ("C=C", "CC=C", "C=CC=C", "C=CC=CC=C"),
        ("c1ccccc1", "Nc1ccccc1"),
        ("C=O", "CC=O", "CC(C)=O"),
        ("C#N", "CC#N"),
        ("CF", "CCl", "CBr", "CI"),
    ],
)
def test_the_highest_level_orders_molecules_as_ionization_potentials_do(
    easier_to_ionize: tuple[str, ...],
) -> None:
    levels = [frontier(read_atoms(Chem.MolFromSmiles(each))).homo for each in easier_to_ionize]
    assert levels == sorted(set(levels))


def test_equal_atoms_have_equal_shares_in_degenerate_levels() -> None:
    density = frontier(read_atoms(Chem.MolFromSmiles("c1ccccc1"))).density
    np.testing.assert_allclose(density, 1 / 6)


@pytest.mark.parametrize("smiles", ["CCO", "CC(=O)Oc1ccccc1C(=O)O", "C[N+](=O)[O-]", "C#N", "C"])
def test_outermost_eigenvalues_are_those_of_rdkit(smiles: str) -> None:
    molecule = Chem.MolFromSmiles(smiles)
    np.testing.assert_allclose(
        burden(read_atoms(molecule)), rdMolDescriptors.BCUT2D(molecule), atol=1e-9
    )
