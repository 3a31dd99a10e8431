"""From SMILES to the molecule that is computed."""

from __future__ import annotations

import pytest

from molsteer.shared.errors import UserError
from molsteer.simulator.errors import BadSmiles, UnsupportedElement
from molsteer.simulator.molecule.species import outer_electrons, read_species

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("smiles", "cure"),
    [
        ("", "Give the SMILES alone"),
        ("CCO ethanol", "Give the SMILES alone"),
        ("C1CC", "Check its brackets and rings"),
        ("C\N{MINUS SIGN}C", "Check its brackets and rings"),
        ("C\udcff", "Check its brackets and rings"),  # a byte of a terminal that is not UTF-8
        ("C(C)(C)(C)(C)C", "valence for atom # 0 C"),
        ("c1c[c+]1", "kekulize"),
        ("CC.Cl", "2 separate molecules (CC, Cl)"),
        ("[Ne]", "fewer than two atoms"),
        ("[H][H+]", "its cation has none"),
    ],
)
def test_a_smiles_that_is_no_single_molecule_is_refused_with_its_cure(
    smiles: str, cure: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadSmiles) as refusal:
        read_species(smiles)
    assert cure in str(refusal.value)
    assert isinstance(refusal.value, UserError)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("smiles", ["C*", "C[U]"])
def test_an_element_without_parameters_is_refused_by_name(smiles: str) -> None:
    with pytest.raises(UnsupportedElement) as refusal:
        read_species(smiles)
    assert refusal.value.element in ("*", "U")


def test_every_spelling_of_a_molecule_gives_the_same_species() -> None:
    species = [read_species(smiles) for smiles in ("CCO", "OCC", "[CH3:7][CH2]O", "[H]OCC")]
    assert {one.smiles for one in species} == {"CCO"}
    assert {one.inchikey for one in species} == {"LFQSCWFLJHTTHZ-UHFFFAOYSA-N"}
    assert {tuple(one.symbols) for one in species} == {("C", "C", "O", *"HHHHHH")}


@pytest.mark.parametrize(
    ("smiles", "electrons"),
    [("CCO", 20), ("[O-]C=O", 18), ("F[Gd](F)F", 24), ("Cl[Lu](Cl)Cl", 24), ("C[Hg]C", 16)],
)
def test_the_electrons_are_those_that_the_method_counts(smiles: str, electrons: int) -> None:
    assert outer_electrons(read_species(smiles).molecule) == electrons


def test_the_heaviest_element_is_radon() -> None:
    assert read_species("F[Rn+]").symbols == ["F", "Rn"]
    with pytest.raises(UnsupportedElement) as refusal:
        read_species("F[Fr]")
    assert refusal.value.element == "Fr"
