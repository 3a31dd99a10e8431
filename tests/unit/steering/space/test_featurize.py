from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molsteer.shared.wire.graphs import ATOM_VOCABULARY, BOND_VOCABULARY, PackedGraphs, join
from molsteer.steering.space.errors import UnusableMolecule
from molsteer.steering.space.featurize import featurize, featurize_rows
from molsteer.steering.space.molecules import MAX_HEAVY_ATOMS, Reason

pytestmark = pytest.mark.fast

QM9 = Path(__file__).parents[4] / "examples" / "qm9.smi"
SMILES = [
    *QM9.read_text().split()[:60],
    "C",
    "CC(=O)Nc1ccc(O)cc1",
    "C[N+](C)(C)CC(=O)[O-]",
    "CCCS(=O)c1ccc2[nH]c(=NC(=O)OC)[nH]c2c1",
    "FS(F)(F)(F)(F)F",
    "F/C=C/C#N",
    "C[C@H](N)C(=O)O",
    "[2H]C([2H])Cl",
]


@pytest.fixture(scope="module")
def whole():
    return featurize(SMILES)


def test_atoms_and_bonds_are_counted_as_rdkit_counts_them():
    graphs = featurize(SMILES)
    molecules = [Chem.MolFromSmiles(smiles) for smiles in SMILES[:-1]]
    assert graphs.atom_counts[:-1].tolist() == [m.GetNumAtoms() for m in molecules]
    assert graphs.bond_counts[:-1].tolist() == [2 * m.GetNumBonds() for m in molecules]


def test_the_arrays_of_a_pack_fit_together_and_stay_inside_the_vocabulary():
    graphs = PackedGraphs.from_arrays(featurize(SMILES).to_arrays())
    assert (graphs.atoms < np.array(ATOM_VOCABULARY)).all()
    assert (graphs.bonds < np.array(BOND_VOCABULARY)).all()
    assert (graphs.bond_ends < np.repeat(graphs.atom_counts, graphs.bond_counts)[:, None]).all()


def test_each_atom_has_the_codes_that_rdkit_gives_it():
    molecule = Chem.MolFromSmiles("CCCS(=O)c1ccc2[nH]c(=NC(=O)OC)[nH]c2c1")
    expected = [
        [
            atom.GetAtomicNum(),
            atom.GetDegree(),
            atom.GetFormalCharge() + 4,
            atom.GetTotalNumHs(),
            atom.GetIsAromatic(),
            int(atom.GetHybridization()),
            atom.IsInRing(),
        ]
        for atom in molecule.GetAtoms()
    ]
    graphs = featurize([Chem.MolToSmiles(molecule, canonical=False)])
    assert graphs.atoms.tolist() == expected


@pytest.mark.parametrize(
    ("smiles", "codes"),
    [
        ("CC", [1, 0, 0]),
        ("C=C", [2, 0, 0]),
        ("C#C", [3, 0, 0]),
        ("C1CC1", [1, 0, 1]),
        ("c1ccccc1", [4, 1, 1]),
        ("[NH3]->[Cu]", [1, 0, 0]),
        ("[Cr]$[Cr]", [0, 0, 0]),
    ],
)
def test_each_kind_of_bond_has_its_code(smiles, codes):
    assert featurize([smiles]).bonds[0].tolist() == codes


def test_every_bond_comes_in_both_directions_next_to_each_other():
    graphs = featurize(SMILES)
    there, back = graphs.bond_ends[::2], graphs.bond_ends[1::2]
    assert np.array_equal(there, back[:, ::-1])
    assert np.array_equal(graphs.bonds[::2], graphs.bonds[1::2])


def test_a_charge_beyond_the_vocabulary_takes_its_last_code():
    charges = featurize(["[U+6]", "[Cl-]", "[C-4]"]).atoms[:, 2]
    assert charges.tolist() == [7, 3, 0]


def test_deuterium_is_counted_as_hydrogen_and_is_no_node():
    heavy, light = featurize(["[2H]C([2H])Cl"]), featurize(["CCl"])
    assert heavy.atoms.tolist() == light.atoms.tolist()


def test_hydrogen_is_a_molecule_of_two_nodes():
    graphs = featurize(["[H][H]", "C"])
    assert graphs.atom_counts.tolist() == [2, 1]
    assert graphs.atoms[:, 0].tolist() == [1, 1, 6]


def test_no_molecules_give_an_empty_pack():
    assert len(PackedGraphs.from_arrays(featurize([]).to_arrays())) == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, len(SMILES) - 1), max_size=12))
def test_taking_molecules_out_of_a_pack_is_like_featurizing_them_alone(whole, rows):
    taken = whole.take(np.array(rows, dtype=np.int64))
    assert_equal(taken, featurize([SMILES[row] for row in rows]))


@pytest.mark.parametrize("cut", [0, 1, 30, len(SMILES)])
def test_joined_parts_are_the_whole(whole, cut):
    assert_equal(join([featurize(SMILES[:cut]), featurize(SMILES[cut:])]), whole)


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("", Reason.EMPTY),
        ("hello", Reason.UNPARSABLE),
        ("C1CC", Reason.UNPARSABLE),
        ("C\ud800", Reason.UNPARSABLE),
        ("C(C)(C)(C)(C)C", Reason.IMPOSSIBLE),
        ("c1cccc1", Reason.IMPOSSIBLE),
        ("[Na+].[Cl-]", Reason.SEVERAL_FRAGMENTS),
        ("C*", Reason.WILDCARD),
        ("C" * (MAX_HEAVY_ATOMS + 1), Reason.TOO_LARGE),
        ("C" * 1_000_000, Reason.TOO_LARGE),
    ],
)
def test_an_unusable_smiles_is_told_from_the_usable_ones_with_its_reason(smiles, reason):
    graphs, reasons = featurize_rows(["CCO", smiles, "CC"])
    assert reasons == [None, reason, None]
    assert graphs.atom_counts.tolist() == [3, 2]


def test_a_molecule_written_in_two_parts_that_are_bonded_is_one_molecule():
    assert featurize(["C1.C1"]).atom_counts.tolist() == [2]


def test_where_every_smiles_must_be_usable_the_first_that_is_not_is_named():
    with pytest.raises(UnusableMolecule, match=r"'hello', number 2 .* not a SMILES"):
        featurize(["CCO", "hello", "C*"])


def assert_equal(found: PackedGraphs, expected: PackedGraphs) -> None:
    for name, array in expected.to_arrays().items():
        np.testing.assert_array_equal(found.to_arrays()[name], array, err_msg=name)
