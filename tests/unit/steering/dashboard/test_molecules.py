"""The table of molecules is sorted and sought where the ledger is, and each has its own page."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest
from rdkit import Chem
from support.made_campaigns import CHOSEN, RANDOM, made_campaign, on_two_levels
from support.made_ledgers import HIGH_IP, Made
from support.web_pages import page, visitor
from werkzeug.test import Client

from molsteer.shared.wire.properties import Limit, Output
from molsteer.steering.ledger import own_columns
from molsteer.steering.records.browsing.query import ROWS

pytestmark = pytest.mark.fast

IP = HIGH_IP[0].output.name


def listed(client: Client, asked: str = "", campaign: str = "first") -> list[int]:
    """Give the numbers of the molecules on a page of the table, in its order."""
    shown = page(client, f"/c/{campaign}/molecules{asked}")
    assert shown.status == 200
    return [int(number) for number in re.findall(r'molecules/(\d+)" data-key', shown.html)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", [4, 3, 1, 0, 2]),
        ("?order=0&direction=ascending", [2, 0, 1, 3, 4]),
        ("?order=number&direction=ascending", [0, 1, 2, 3, 4]),
        ("?order=smiles&direction=ascending", [1, 2, 0, 3, 4]),
        ("?order=predicted&direction=descending", [3, 4, 0, 1, 2]),
        ("?order=7;DROP TABLE result", [4, 3, 1, 0, 2]),
        ("?page=99", [4, 3, 1, 0, 2]),
        ("?page=-3&group=nothing", [4, 3, 1, 0, 2]),
    ],
)
def test_molecules_are_sorted_by_what_is_asked_for(
    asked: str, found: list[int], client: Client
) -> None:
    assert listed(client, asked) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("?group=hits", [4, 3, 1]),
        ("?group=models", [4, 3]),
        ("?group=start", [1, 0, 2]),
        ("?group=control", []),
        ("?q=F", [3]),
        ("?q=OCC", [0]),  # another SMILES of CCO
        ("?q=4", [4]),
        ("?q=CC&group=hits", [1]),
        ("?q=%25", []),
        ("?q=nothing like that", []),
    ],
)
def test_molecules_are_found_by_a_part_a_name_of_the_same_or_a_number(
    asked: str, found: list[int], client: Client
) -> None:
    assert listed(client, asked) == found


def test_molecules_are_found_by_what_a_users_own_file_says(tmp_path: Path) -> None:
    with closing(made_campaign(tmp_path / "run")) as ledger, ledger.transaction():
        own_columns.keep(ledger, 2, ["name"], {"name": "Büchner's 100% oil_1"})
    client = visitor(tmp_path)
    for text in ("Büchner", "100%25", "OIL_1", "'s"):
        assert listed(client, f"?q={text}", "run") == [2], text
    assert listed(client, "?q=100%_", "run") == []
    assert "Büchner's 100% oil_1" in page(client, "/c/run/molecules/2").text


def test_molecules_that_failed_are_listed_with_what_the_last_attempt_said(client: Client) -> None:
    assert listed(client, "?group=failed", "failed") == [0, 1, 2]
    shown = page(client, "/c/failed/molecules?group=failed")
    assert "dissociated" in shown.text
    assert "The bond broke." in shown.text
    assert listed(client, "?group=failed&q=nothing", "failed") == []
    assert "dissociated: The bond broke." in page(client, "/c/failed/molecules/1").text


def test_a_molecule_at_several_levels_stands_once_with_all_its_values(tmp_path: Path) -> None:
    with closing(on_two_levels(tmp_path / "levels")):
        pass
    client = visitor(tmp_path)
    assert sorted(listed(client, campaign="levels")) == [0, 1, 2]
    # Both are sought: the gap is the nearest to 3, and what lacks one comes last.
    assert listed(client, campaign="levels") == [2, 0, 1]
    assert listed(client, "?order=1&direction=ascending", "levels") == [0, 2, 1]
    shown = page(client, "/c/levels/molecules")
    assert "homo lumo gap / eV, good" in shown.text


def test_what_has_a_limit_has_a_column_and_what_breaks_it_says_so(tmp_path: Path) -> None:
    gap = Output(name="homo_lumo_gap", level="xtb", unit="eV")
    results = [
        Made(number, "C" * (number + 1), "xtb", {IP: 15.0, gap.name: value})
        for number, value in enumerate((4.5, 6.5, 5.5))
    ]
    limits = (Limit(output=gap, above=5.0),)
    outputs = [HIGH_IP[0].output, gap]
    with closing(
        made_campaign(tmp_path / "limits", HIGH_IP, results, limits=limits, outputs=outputs)
    ):
        pass
    client = visitor(tmp_path)
    assert listed(client, "?order=1&direction=descending", "limits") == [1, 2, 0]
    shown = page(client, "/c/limits/molecules")
    assert "homo lumo gap / eV" in shown.text
    assert shown.html.count("breaks a limit") == 1
    assert shown.html.count('class="tag">hit<') == 2


def test_a_large_table_has_pages(tmp_path: Path) -> None:
    results = [Made(n, "C" * (n + 1), "xtb", {IP: float(n)}) for n in range(ROWS + 3)]
    with closing(made_campaign(tmp_path / "run", results=results, budget=100)):
        pass
    client = visitor(tmp_path)
    assert listed(client, campaign="run") == list(reversed(range(3, ROWS + 3)))
    assert listed(client, "?page=2", "run") == [2, 1, 0]
    shown = page(client, "/c/run/molecules?order=smiles&direction=ascending")
    assert f"1 to {ROWS} of {ROWS + 3}" in shown.text
    assert "?order=smiles&direction=ascending&page=2" in shown.addresses


def test_the_page_of_a_molecule_tells_which_models_chose_it_and_why(client: Client) -> None:
    chosen = page(client, "/c/first/molecules/4").text
    assert "14.90 ± 0.25 eV" in chosen
    assert "score 1.5; the largest are simulated first" in chosen
    assert "place among all 1, by the leading objective" in chosen
    assert "simulate/4/xtb/1 ok made" in chosen
    assert "0.5 s of processor time" in chosen
    drawn = page(client, "/c/first/molecules/0").text
    assert "chosen by the start, before there was a model" in drawn


def test_a_molecule_that_chance_chose_says_so(tmp_path: Path) -> None:
    control = Made(7, "CN", "xtb", {IP: 14.0}, (14.3,), by_chance=True)
    with closing(made_campaign(tmp_path / "run", results=(*RANDOM, *CHOSEN, control))):
        pass
    client = visitor(tmp_path)
    assert listed(client, "?group=control", "run") == [7]
    assert 7 not in listed(client, "?group=start", "run")
    assert "chance, as a control of the models" in page(client, "/c/run/molecules/7").text


def test_the_geometry_of_a_molecule_is_drawn_and_can_be_kept(client: Client) -> None:
    shown = page(client, "/c/first/molecules/4")
    assert "Geometry of the neutral, charge 0" in shown.text
    drawn = client.get("/c/first/molecules/4/geometry.svg?turn=30")
    assert drawn.data.count(b"<circle") == 2
    assert drawn.data.count(b"<line") == 1
    xyz = client.get("/c/first/molecules/4/geometry.xyz").text.splitlines()
    assert (xyz[0], xyz[1]) == ("2", "N#N neutral charge=0")
    assert float(xyz[3].split()[3]) == pytest.approx(2.0 * 0.529177210903)
    sdf = Chem.MolFromMolBlock(client.get("/c/first/molecules/4/geometry.sdf").text)
    assert Chem.MolToSmiles(sdf) == "N#N"
    # Of the cation no bonds are told: they are seen from the distances.
    cation = client.get("/c/first/molecules/4/geometry.svg?purpose=cation")
    assert cation.data.count(b"<line") == 1
    record = client.get("/c/first/molecules/4/record.json?level=xtb")
    assert record.json is not None
    assert set(record.json) == {"neutral", "cation"}
    assert "attachment" in record.headers["Content-Disposition"]


def test_a_record_that_is_gone_leaves_the_rest_of_the_page(client: Client) -> None:
    shown = page(client, "/c/first/molecules/3")
    assert shown.status == 200
    assert "15.250" in shown.text
    assert "3.json.gz" in shown.text
