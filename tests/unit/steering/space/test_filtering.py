"""Molecules that somebody does not want are left out, whether or not the space was built before."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.steering.settings.campaign import CampaignSettings, load_campaign
from molsteer.steering.space.admission import Admission, Filter
from molsteer.steering.space.admitting import admit
from molsteer.steering.space.build import build
from molsteer.steering.space.filtering import can_score_synthesis
from molsteer.steering.space.molecules import Reason
from molsteer.steering.space.sampling import sampled
from molsteer.steering.space.search_space import SearchSpace, look_for, open_or_build

pytestmark = pytest.mark.fast

MOLECULES = {"CCO": "ethanol", "CCS": "thiol", "CC": "ethane", "C[NH3+]": "ion", "CCCCCC": "hexane"}
CARBON_AND_OXYGEN = Filter(elements=("C", "O"), heavy_atoms_max=4)


def admitted(smiles: str, **wanted: object) -> Reason | None:
    found = admit(smiles, Admission(filter=Filter.model_validate(wanted)))
    return found if isinstance(found, Reason) else None


@pytest.mark.parametrize(
    ("passes", "fails", "wanted", "reason"),
    [
        ("CCO", "CCS", {"elements": ("C", "O")}, Reason.UNWANTED_ELEMENT),
        ("CC", "C[NH3+]", {"charges": (0,)}, Reason.UNWANTED_CHARGE),
        ("C[NH3+]", "CC", {"charges": (1, 2)}, Reason.UNWANTED_CHARGE),
        ("CCO", "CC", {"heavy_atoms_min": 3}, Reason.TOO_FEW_HEAVY_ATOMS),
        ("CCO", "CCCO", {"heavy_atoms_max": 3}, Reason.TOO_MANY_HEAVY_ATOMS),
        ("OCC=O", "CCO", {"smarts": ("[OH]", "C=O")}, Reason.LACKS_PATTERN),
        ("CCO", "OCC=O", {"smarts_unwanted": ("[CH]=O", "N")}, Reason.UNWANTED_PATTERN),
    ],
)
def test_a_molecule_passes_or_the_reason_is_said(
    passes: str, fails: str, wanted: dict[str, object], reason: Reason
) -> None:
    assert admitted(passes, **wanted) is None
    assert admitted(fails, **wanted) is reason
    assert admitted(fails) is None


def test_molecules_that_are_hard_to_make_can_be_left_out() -> None:
    assert can_score_synthesis(), "RDKit of requirements/lock.txt has it"
    assert admitted("CCO", sa_score_max=3.0) is None
    assert admitted("CC1CC2(C)CC1C2=O", sa_score_max=3.0) is Reason.HARD_TO_MAKE


@pytest.fixture
def molecules(tmp_path: Path) -> Path:
    file = tmp_path / "molecules.csv"
    rows = "\n".join(f"{smiles},{name}" for smiles, name in MOLECULES.items())
    file.write_text(f"smiles,name\n{rows}\n", encoding="utf-8")
    return file


def rejected(space: SearchSpace) -> dict[str, str]:
    with (space.folder / "rejected.csv").open(encoding="utf-8") as file:
        return {row["smiles"]: row["reason"] for row in csv.DictReader(file)}


def searched(space: SearchSpace) -> dict[str, str]:
    return {space.smiles(each): space.own_cells(each)["name"] for each in range(len(space))}


def test_a_space_of_files_is_built_of_what_passes_and_says_what_does_not(
    molecules: Path, tmp_path: Path
) -> None:
    admission = Admission(filter=CARBON_AND_OXYGEN)
    space = open_or_build([molecules], tmp_path / "cache", 10, admission=admission, processes=1)
    assert searched(space) == {"CCO": "ethanol", "CC": "ethane"}
    assert rejected(space) == {
        "CCS": Reason.UNWANTED_ELEMENT,
        "C[NH3+]": Reason.UNWANTED_ELEMENT,
        "CCCCCC": Reason.TOO_MANY_HEAVY_ATOMS,
    }


def test_of_a_space_that_was_built_before_only_what_passes_is_searched(
    molecules: Path, tmp_path: Path
) -> None:
    whole, cache = tmp_path / "whole", tmp_path / "cache"
    build([molecules], whole, chunk_size=2, processes=1)
    before = SearchSpace.open(whole)
    admission = Admission(filter=CARBON_AND_OXYGEN)
    space = open_or_build([whole], cache, 10, admission=admission, processes=1)
    assert searched(space) == {"CCO": "ethanol", "CC": "ethane"}
    assert rejected(space)["CCS"] == Reason.UNWANTED_ELEMENT
    assert (space.chunk_size, space.digest == before.digest) == (2, False)
    assert len(SearchSpace.open(whole)) == len(MOLECULES), "the space itself is as it was"
    assert sampled([whole], admission).usable == 2

    folder, again = look_for([whole], cache, 10, admission=admission)
    assert again is not None
    assert (folder, again.digest) == (space.folder, space.digest)
    _, opened = look_for([space.folder], cache, 10, admission=admission)
    assert opened is not None
    assert opened.folder == space.folder, "what has passed needs no filter again"


def test_without_a_filter_a_space_is_searched_as_it_is(molecules: Path, tmp_path: Path) -> None:
    build([molecules], tmp_path / "whole", chunk_size=2, processes=1)
    space = open_or_build([tmp_path / "whole"], tmp_path / "cache", 10)
    assert (space.folder, len(space)) == (tmp_path / "whole", len(MOLECULES))


def settings_of(tmp_path: Path, text: str) -> CampaignSettings:
    file = tmp_path / "campaign.toml"
    file.write_text(f'[campaign]\nspace = "a.smi"\n\n[filter]\n{text}\n', encoding="utf-8")
    return load_campaign(file, {})


def test_a_campaign_says_what_it_wants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'elements = ["C", "O"]\nheavy_atoms_max = 4\nsmarts = "[OH]"'
    found = settings_of(tmp_path, text).admission().filter
    assert found == CARBON_AND_OXYGEN.model_copy(update={"smarts": ("[OH]",)})
    monkeypatch.setenv("MOLSTEER_FILTER__SMARTS", '["[OH]", "C=O"]')
    monkeypatch.setenv("MOLSTEER_FILTER__CHARGES", "[0, 1]")
    found = settings_of(tmp_path, "").admission().filter
    assert (found.smarts, found.charges) == (("[OH]", "C=O"), (0, 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('smarts = ["C", "C(("]', r"smarts.*'C\(\(' is no SMARTS pattern"),
        ('smarts_unwanted = "[Q"', r"smarts_unwanted.*'\[Q' is no SMARTS pattern"),
        ('elements = ["C", "Xx"]', r"elements.*'Xx' is no element"),
        ("sa_score_max = 11", "sa_score_max"),
        (
            "heavy_atoms_min = 9\nheavy_atoms_max = 4",
            "heavy_atoms_min = 9 and .* leave no molecule",
        ),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settings_of(tmp_path, text)
