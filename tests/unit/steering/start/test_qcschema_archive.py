"""Labels from QCSchema documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qcelemental.models.v1 import AtomicResult, FailedOperation, OptimizationResult
from rdkit import Chem
from rdkit.Chem import rdDistGeom

from molsteer.shared.units import HARTREE_IN_EV
from molsteer.shared.wire.specs import Level, SimulationSpec
from molsteer.steering.errors import UnusableTrainingSet
from molsteer.steering.start.training_set import read_training_set

pytestmark = pytest.mark.fast

DFT = Level(name="dft", spec=SimulationSpec(method="dft"))

Document = dict[str, Any]

WATER = {"canonical_isomeric_smiles": "O"}
MAPPED = "[H:2][O:1][H:3]"


def molecule(charge: int, length: float, smiles: str = "O", **named: Any) -> Document:
    """A geometry of the molecule, the larger the longer."""
    drawn = Chem.AddHs(Chem.MolFromSmiles(smiles))
    rdDistGeom.EmbedMolecule(drawn, randomSeed=1)
    electrons = sum(atom.GetAtomicNum() for atom in drawn.GetAtoms()) - charge
    return {
        "symbols": [atom.GetSymbol() for atom in drawn.GetAtoms()],
        "geometry": drawn.GetConformer().GetPositions() * length,
        "molecular_charge": charge,
        "molecular_multiplicity": 1 + electrons % 2,
        "fix_com": True,
        "fix_orientation": True,
        **named,
    }


def called(smiles: str) -> Document:
    """What makes a document that of a molecule."""
    return {"smiles": smiles, "identifiers": {"smiles": smiles}}


def atomic(
    charge: int,
    energy: float,
    length: float,
    method: str = "GFN2-xTB",
    basis: str | None = None,
    keywords: Document | None = None,
    **named: Any,
) -> Document:
    """What QCElemental writes for a calculation at one geometry."""
    result = AtomicResult(
        molecule=molecule(charge, length, **(named or {"identifiers": WATER})),
        driver="energy",
        model={"method": method, "basis": basis},
        keywords=keywords or {},
        properties={"return_energy": energy},
        return_result=energy,
        provenance={"creator": "test"},
        success=True,
    )
    document: Document = json.loads(result.json())
    return document


def relaxed(charge: int, energy: float, length: float, **named: Any) -> Document:
    """What QCElemental writes for a relaxation."""
    result = OptimizationResult(
        initial_molecule=molecule(charge, 1.0),
        final_molecule=molecule(charge, length, **(named or {"identifiers": WATER})),
        input_specification={"driver": "gradient", "model": {"method": "GFN2-xTB"}},
        trajectory=[],
        energies=[energy + 0.1, energy],
        provenance={"creator": "test"},
        success=True,
    )
    document: Document = json.loads(result.json())
    return document


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(*documents: object) -> Path:
        path = tmp_path / "archive.jsonl"
        path.write_text("\n\n".join(map(json.dumps, documents)), encoding="utf-8")
        return path

    return write


def value_eV(path: Path, **options: str) -> float:
    (label,) = read_training_set(path, **options)
    assert label.smiles == "O"
    return label.value


PAIR = (relaxed(0, -5.0, 1.4), relaxed(1, -4.5, 1.6))


def test_relaxed_cation_minus_relaxed_neutral_is_the_label(write) -> None:
    assert value_eV(write(*PAIR)) == pytest.approx(0.5 * HARTREE_IN_EV)


def test_the_vertical_energy_and_higher_conformers_change_nothing(write) -> None:
    others = [atomic(1, -4.4, 1.4), relaxed(0, -4.9, 1.5), relaxed(1, -4.45, 1.7)]
    assert value_eV(write(*others, *PAIR)) == value_eV(write(*PAIR))


def test_an_anion_is_no_part_of_the_potential(write) -> None:
    assert value_eV(write(relaxed(-1, -5.2, 1.5), *PAIR)) == value_eV(write(*PAIR))
    with pytest.raises(UnusableTrainingSet, match="O has no energy with charge 1"):
        read_training_set(write(relaxed(-1, -5.2, 1.5), PAIR[0]))


def test_a_molecule_with_a_charge_of_its_own_has_one_less_electron_then(write) -> None:
    hydronium = called("[OH3+]")
    pair = relaxed(1, -5.0, 1.4, **hydronium), relaxed(2, -4.5, 1.6, **hydronium)
    (label,) = read_training_set(write(*pair))
    assert label.value == pytest.approx(0.5 * HARTREE_IN_EV)


def test_energies_at_two_geometries_are_as_good_as_relaxations(write) -> None:
    pair = atomic(0, -5.0, 1.4), atomic(1, -4.5, 1.6)
    assert value_eV(write(*pair)) == value_eV(write(*PAIR))


@pytest.mark.parametrize("place", ["identifiers", "extras"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("smiles", "[OH2]"),
        ("canonical_isomeric_explicit_hydrogen_mapped_smiles", MAPPED),
        ("inchi", "InChI=1S/H2O/h1H2"),
    ],
)
def test_molecules_are_named_by_identifiers_or_extras(
    write, place: str, name: str, text: str
) -> None:
    named = {place: {name: text}}
    path = write(relaxed(0, -5.0, 1.4, **named), relaxed(1, -4.5, 1.6, **named))
    assert value_eV(path) == pytest.approx(0.5 * HARTREE_IN_EV)


def test_extras_of_a_result_name_its_molecule_as_well(write) -> None:
    pair = [relaxed(charge, -5.0 + charge, 1.0 + charge, extras={}) for charge in (0, 1)]
    assert value_eV(write(*(each | {"extras": {"smiles": "O"}} for each in pair)))


def test_a_json_list_is_an_archive_too(tmp_path: Path) -> None:
    path = tmp_path / "archive.json"
    for indent in (None, 2):
        path.write_text(json.dumps(PAIR, indent=indent), encoding="utf-8")
        assert value_eV(path) == pytest.approx(0.5 * HARTREE_IN_EV)


def test_failed_calculations_are_passed_over(write) -> None:
    failed = json.loads(FailedOperation(error={"error_type": "x", "error_message": "y"}).json())
    assert value_eV(write(PAIR[0], failed, PAIR[1]))


def test_every_document_that_cannot_be_used_is_told_at_once(write) -> None:
    methane = called("C")
    documents = [
        *PAIR,
        {"schema_name": "qcschema_molecule"},
        atomic(0, -5.0, 1.4, method="B3LYP"),
        relaxed(0, -5.0, 1.4, extras={}),
        relaxed(0, -9.0, 1.4, **methane),
        atomic(0, -9.0, 1.4, **called("N")),
        atomic(1, -8.0, 1.4, **called("N")),
        relaxed(0, -9.0, 1.4, identifiers={"smiles": "C("}),
        relaxed(1, -8.0, 1.5, identifiers={"smiles": "C("}),
        PAIR[0] | {"energies": []},
    ]
    with pytest.raises(UnusableTrainingSet) as raised:
        read_training_set(write(*documents))
    told = "\n".join(raised.value.problems)
    for sentence in (
        "line 5: it is not a QCSchema result of version 1",
        "line 7: it was computed with B3LYP, and labels must be of GFN2-xTB",
        "line 9: it names no molecule",
        "line 11: C has no energy with charge 1",
        "line 13: the cation of N was not relaxed",
        "line 17: 'C(' cannot be used",
        "line 21: qcschema_optimization_output.energies",
    ):
        assert sentence in told
    assert len(raised.value.problems) == 7


def test_a_level_that_a_package_brings_has_documents_of_one_method(write) -> None:
    pair = atomic(0, -5.0, 1.4, method="PBE"), atomic(1, -4.5, 1.6, method="PBE")
    assert value_eV(write(*pair), level=DFT)
    with pytest.raises(UnusableTrainingSet, match=r"computed with GFN2-xTB, .* must be of PBE"):
        read_training_set(write(*pair, *PAIR), level=DFT)


def test_one_method_in_two_bases_is_two_methods(write) -> None:
    pair = [
        atomic(charge, charge - 5.0, 1.4 + charge, method="PBE", basis=basis)
        for charge, basis in ((0, "def2-SVP"), (1, "def2-TZVP"))
    ]
    with pytest.raises(
        UnusableTrainingSet, match="computed with PBE/def2-TZVP, and labels must be of PBE/def2-SVP"
    ):
        read_training_set(write(*pair), level=DFT)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("solvent", "water"),
        ("alpb-solvation", ["water", "gsolv"]),
        ("method", "GFN1-xTB"),
        ("accuracy", 1000.0),
        ("electronic_temperature", 5000.0),
        ("temperature", 0.01),
        ("electric-field", [0.0, 0.0, 0.01]),
        ("external_charges", [[1.0, 0.0, 0.0, 5.0]]),
        ("spin_polarization", 1.0),
        ("something_new", False),
    ],
)
def test_a_keyword_that_may_change_the_energy_is_refused_by_name(write, keyword, value) -> None:
    pair = [
        atomic(charge, charge - 5.0, 1.4 + charge, keywords={keyword: value}) for charge in (0, 1)
    ]
    with pytest.raises(UnusableTrainingSet) as raised:
        read_training_set(write(*pair))
    assert len(raised.value.problems) == 2
    assert f"line 1: it was computed with {keyword} = {value!r}" in raised.value.problems[0]
    specification = PAIR[1]["input_specification"] | {"keywords": {keyword: value}}
    relaxation = PAIR[1] | {"input_specification": specification}
    with pytest.raises(UnusableTrainingSet, match=f"line 3: it was computed with {keyword}"):
        read_training_set(write(PAIR[0], relaxation))


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("constraints", {"freeze": [{"type": "distance", "indices": [0, 1]}]}),
        ("transition", True),
        ("convergence_set", "GAU_LOOSE"),
        ("converge", ["energy", "1e-3"]),
        ("opt_type", "TS"),
    ],
)
def test_a_relaxation_that_may_have_ended_elsewhere_is_refused(write, keyword, value) -> None:
    pair = [PAIR[0], PAIR[1] | {"keywords": {keyword: value}}]
    with pytest.raises(UnusableTrainingSet, match=f"line 3: it was computed with {keyword} = "):
        read_training_set(write(*pair))


def test_keywords_that_change_no_energy_are_accepted(write) -> None:
    keywords = {
        "accuracy": 1.0,
        "max_iterations": 500,
        "verbosity": "full",
        "electronic_temperature": 300.0,
        "solvent": "none",
        "electric_field": [0.0, 0.0, 0.0],
        "something_new": None,
    }
    optimizer = {"program": "xtb", "maxsteps": 200, "convergence_set": "GAU_TIGHT"}
    pair = [
        document
        | {"keywords": optimizer}
        | {"input_specification": document["input_specification"] | {"keywords": keywords}}
        for document in PAIR
    ]
    assert value_eV(write(*pair)) == value_eV(write(*PAIR))


def test_at_a_level_that_a_package_brings_all_documents_have_the_same_keywords(write) -> None:
    def pair(*keywords: Document) -> list[Document]:
        return [
            atomic(charge, charge - 5.0, 1.4 + charge, method="PBE", keywords=keywords[charge])
            for charge in (0, 1)
        ]

    same = {"grid": 5, "maxiter": 20}, {"grid": 5, "maxiter": 50}
    assert value_eV(write(*pair(*same)), level=DFT)
    with pytest.raises(UnusableTrainingSet, match=r"line 3: it was computed with grid = 3"):
        read_training_set(write(*pair({"grid": 5}, {"grid": 3})), level=DFT)
    with pytest.raises(UnusableTrainingSet, match=r"line 3: it was computed with grid = 3"):
        read_training_set(write(*pair({}, {"grid": 3})), level=DFT)


def test_ghost_atoms_are_refused(write) -> None:
    molecule = PAIR[1]["final_molecule"] | {"real": [True, True, False]}
    with pytest.raises(UnusableTrainingSet, match="line 3: it was computed with ghost atoms"):
        read_training_set(write(PAIR[0], PAIR[1] | {"final_molecule": molecule}))


def test_the_lower_of_two_multiplicities_is_not_taken_for_the_true_one(write) -> None:
    triplet = PAIR[0]["final_molecule"] | {"molecular_multiplicity": 3}
    other = PAIR[0] | {"final_molecule": triplet, "energies": [-5.1]}
    with pytest.raises(
        UnusableTrainingSet, match="O has energies of the multiplicities 1 and 3 with charge 0"
    ):
        read_training_set(write(*PAIR, other))


def test_spellings_of_a_molecule_are_one_and_tautomers_are_two(write) -> None:
    spelled = [
        relaxed(charge, charge - 5.0, 1.4 + charge, **called(smiles))
        for charge, smiles in ((0, "O=c1cccc[nH]1"), (1, "c1cc[nH]c(=O)c1"))
    ]
    tautomer = [
        relaxed(charge, charge - 5.2, 1.4 + charge, **called("Oc1ccccn1")) for charge in (0, 1)
    ]
    labels = read_training_set(write(*spelled, *tautomer))
    assert [label.smiles for label in labels] == ["O=c1cccc[nH]1", "Oc1ccccn1"]


def test_a_name_that_tells_isotopes_and_stereo_comes_before_one_that_does_not(write) -> None:
    named = {
        "canonical_smiles": "CC(N)O",
        "canonical_isomeric_explicit_hydrogen_mapped_smiles": "C[C@H:2]([NH2:3])O",
    }
    drawn = {"smiles": "C[C@H](N)O", "identifiers": named}
    pair = [relaxed(charge, charge - 5.0, 1.4 + charge, **drawn) for charge in (0, 1)]
    (label,) = read_training_set(write(*pair))
    assert label.smiles == "C[C@H](N)O"


@pytest.mark.parametrize(
    ("named", "computed", "found"),
    [
        ("[NH3+]CC(=O)[O-]", "NCC(=O)O", "2 H at C, 2 H at N, 1 H at O"),
        ("Oc1ccccn1", "O=c1cccc[nH]1", "4 H at C, 1 H at N"),
        ("CC", "C", "1 C, 4 H at C"),
    ],
)
def test_a_geometry_that_is_another_molecule_than_its_name_is_refused(
    write, named: str, computed: str, found: str
) -> None:
    document = {"smiles": computed, "identifiers": {"smiles": named}}
    pair = [relaxed(charge, charge - 5.0, 1.4 + charge, **document) for charge in (0, 1)]
    with pytest.raises(UnusableTrainingSet) as raised:
        read_training_set(write(*pair))
    (problem,) = raised.value.problems
    assert problem.startswith(f"line 1: the geometry of {named} is of another molecule: it has ")
    assert found in problem


@pytest.mark.parametrize("smiles", ["[H][H]", "[2H]C([2H])Cl", "Cl[Pt](Cl)(N)N"])
def test_hydrogen_isotopes_and_complexes_are_the_molecules_of_their_names(
    write, smiles: str
) -> None:
    pair = [relaxed(charge, charge - 5.0, 1.4 + charge, **called(smiles)) for charge in (0, 1)]
    assert len(read_training_set(write(*pair))) == 1


@pytest.mark.parametrize("text", ['[{"schema_name": ', "[\n", '{"schema_name": "qcschema_output"'])
def test_what_is_cut_off_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "archive.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnusableTrainingSet, match="line 1: it is not a QCSchema result"):
        read_training_set(path)
