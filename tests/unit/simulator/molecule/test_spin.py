"""How many electrons are unpaired."""

from __future__ import annotations

import pytest

from molsteer.shared.errors import UserError
from molsteer.shared.wire.specs import Multiplicity
from molsteer.simulator.errors import WrongMultiplicity
from molsteer.simulator.molecule.species import read_species
from molsteer.simulator.molecule.spin import states

pytestmark = pytest.mark.fast


def multiplicities(
    smiles: str, multiplicity: Multiplicity = "rule", cation: int | None = None
) -> tuple[int, int]:
    found = states(read_species(smiles), multiplicity, cation)
    return found["neutral"].multiplicity, found["cation"].multiplicity


@pytest.mark.parametrize(
    ("smiles", "charges"),
    [("CCO", (0, 1, -1)), ("[O-]C=O", (-1, 0, -2)), ("C[N+](C)(C)C", (1, 2, 0))],
)
def test_the_cation_has_one_electron_less_and_the_anion_one_more(
    smiles: str, charges: tuple[int, int, int]
) -> None:
    found = states(read_species(smiles), "rule", None)
    assert list(found) == ["neutral", "cation", "anion"]
    assert tuple(state.charge for state in found.values()) == charges


@pytest.mark.parametrize(("smiles", "multiplicity"), [("CCO", 2), ("[CH3]", 1), ("O=O", 2)])
def test_an_electron_that_comes_pairs_with_one_that_is_unpaired(
    smiles: str, multiplicity: int
) -> None:
    assert states(read_species(smiles), "rule", None)["anion"].multiplicity == multiplicity


@pytest.mark.parametrize(
    "smiles", ["CCO", "[C-]#[O+]", "O=C=O", "C=[N+]=[N-]", "F[Gd](F)F", "Cl[Ce](Cl)Cl", "C[Hg]C"]
)
def test_closed_shells_lose_one_of_a_pair(smiles: str) -> None:
    assert multiplicities(smiles) == (1, 2)


@pytest.mark.parametrize("smiles", ["[CH3]", "[O]O", "[O][N+](=O)[O-]", "C[CH]C"])
def test_a_radical_loses_its_odd_electron(smiles: str) -> None:
    assert multiplicities(smiles) == (2, 1)


@pytest.mark.parametrize(
    "smiles", ["[NH]", "C[N]", "[CH2]CCC[CH2]", "[O]CCC[O]", "[O][O]", "[OH+]", "[NH2+]"]
)
def test_two_radical_electrons_are_parallel(smiles: str) -> None:
    assert multiplicities(smiles) == (3, 2)


@pytest.mark.parametrize("smiles", ["O=O", "S=S", "O=S", "[Se]=S", "[18O]=O"])
def test_two_atoms_of_group_16_are_a_triplet(smiles: str) -> None:
    assert multiplicities(smiles) == (3, 2)


@pytest.mark.parametrize("smiles", ["[CH2]", "C[C]C", "[CH]c1ccccc1", "[CH-]"])
def test_carbenes_of_carbon_and_hydrogen_are_triplets(smiles: str) -> None:
    assert multiplicities(smiles) == (3, 2)


@pytest.mark.parametrize(
    "smiles",
    ["F[C]F", "[C]=O", "C=[C]", "CN1C=CN(C)[C]1", "[SiH2]", "Cl[Ge]Cl"],
)
def test_other_carbenes_and_their_heavier_relatives_have_a_lone_pair(smiles: str) -> None:
    assert multiplicities(smiles) == (1, 2)


@pytest.mark.parametrize(("smiles", "expected"), [("[CH]", (2, 1)), ("[BH]", (1, 2))])
def test_hydrides_of_one_hydrogen_have_a_lone_pair(smiles: str, expected: tuple[int, int]) -> None:
    assert multiplicities(smiles) == expected


def test_the_electrons_decide_where_the_drawing_does_not_fit_them() -> None:
    assert multiplicities("Cl[Cr](Cl)Cl") == (2, 1)
    assert multiplicities("[O][Cr](Cl)Cl") == (1, 2)


def test_a_multiplicity_can_be_chosen() -> None:
    assert multiplicities("[CH2]", 1) == (1, 2)
    assert multiplicities("[CH2]", "lowest") == (1, 2)
    assert multiplicities("O=O", "lowest") == (1, 2)
    assert multiplicities("O=O", "rule", 4) == (3, 4)


@pytest.mark.parametrize(
    ("multiplicity", "cation", "told"),
    [
        (2, None, "The neutral of 'CCO' has 20 outer electrons.*Ask for an odd one, 21 at most"),
        (23, None, "21 at most"),
        ("rule", 3, "The cation of 'CCO' has 19 outer electrons.*Ask for an even one"),
    ],
)
def test_a_multiplicity_that_does_not_fit_is_refused(
    multiplicity: Multiplicity, cation: int | None, told: str
) -> None:
    with pytest.raises(WrongMultiplicity, match=told) as refusal:
        multiplicities("CCO", multiplicity, cation)
    assert isinstance(refusal.value, UserError)
