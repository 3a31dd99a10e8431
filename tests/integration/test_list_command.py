"""`molsteer list` tells of every campaign in a folder, whatever else lies there."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.command import molsteer
from support.toy_campaign import BUDGET, ToyCampaign, toy_plan, toy_space

from molsteer.steering.control.requests import Request, drop
from molsteer.steering.records.overview import overview
from molsteer.steering.run_directory import held

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def campaigns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a campaign that ended, one that was paused, and one that was interrupted."""
    folder = tmp_path_factory.mktemp("runs")
    space = toy_space(tmp_path_factory.mktemp("space"))
    for name in ("ended", "paused", "interrupted"):
        (folder / name).mkdir()
        toy = ToyCampaign(folder / name, space, toy_plan(space))
        campaign = toy.steering()
        if name == "ended":
            toy.run_to_the_end(campaign)
        if name == "paused":
            drop(folder / name, Request(action="pause"))
            drop(folder / name, Request(action="set", changes={"campaign.budget": 7}))
        campaign.step(0.0)
        campaign.ledger.close()
    return folder


def contents(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def states(folder: Path) -> dict[str, str]:
    return {Path(each.folder).name: each.state for each in overview(folder)}


def test_every_campaign_is_listed_with_its_state_and_nothing_is_touched(campaigns: Path) -> None:
    before = contents(campaigns)
    listed = json.loads(molsteer("list", campaigns, "--json").stdout)
    assert contents(campaigns) == before
    found = {Path(each["folder"]).name: each for each in listed}
    assert {name: each["state"] for name, each in found.items()} == {
        "ended": "budget-reached",
        "paused": "paused, interrupted",
        "interrupted": "interrupted",
    }
    assert (found["ended"]["done"], found["ended"]["budget"]) == (BUDGET, BUDGET)
    assert found["ended"]["best"]["value"] > 0
    assert found["ended"]["best"]["unit"] == "eV"
    assert found["ended"]["property"] == "adiabatic_ionization_potential"
    assert found["paused"]["budget"] == 7
    shown = molsteer("list", campaigns).stdout
    assert f"{BUDGET}/{BUDGET}" in shown
    assert found["ended"]["best_smiles"] in shown


def test_a_campaign_that_is_steered_now_runs(campaigns: Path) -> None:
    with held(campaigns / "interrupted"):
        assert states(campaigns)["interrupted"] == "running"
    assert states(campaigns / "interrupted") == {"interrupted": "interrupted"}


def test_what_is_damaged_or_no_campaign_is_named_beside_the_others(
    campaigns: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "runs"
    shutil.copytree(campaigns, folder)
    for name in ("notes", "cut", "text", "newer", "strange"):
        (folder / name).mkdir()
    os.mkdir(os.fsencode(folder) + b"/odd\xff\n")
    whole = (folder / "ended" / "ledger.sqlite").read_bytes()
    (folder / "cut" / "ledger.sqlite").write_bytes(whole[: len(whole) // 3])
    (folder / "text" / "ledger.sqlite").write_text("This was written by something else." * 9)
    (folder / "strange" / "ledger.sqlite").mkdir()
    shutil.copy(folder / "ended" / "ledger.sqlite", folder / "newer")
    with closing(sqlite3.connect(folder / "newer" / "ledger.sqlite")) as newer:
        newer.execute("PRAGMA user_version = 99")
    (folder / "file").touch()

    done = molsteer("list", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "budget-reached" in done.stdout
    for name in ("cut", "text", "newer", "strange"):
        assert f"{folder / name} cannot be read: " in done.stdout
    assert "Use the molsteer version that wrote it" in done.stdout
    assert f"No campaigns: {folder / 'notes'}, '{folder}/odd\\udcff '" in done.stdout
    assert {each["state"] for each in json.loads(molsteer("list", folder, "--json").stdout)} == {
        *("budget-reached", "interrupted", "paused, interrupted", "damaged", "no campaign"),
    }


def test_a_thousand_campaigns_are_listed_each_with_its_numbers(
    campaigns: Path, tmp_path: Path
) -> None:
    for number in range(1000):
        (tmp_path / f"{number:04}").mkdir()
        os.link(campaigns / "ended" / "ledger.sqlite", tmp_path / f"{number:04}/ledger.sqlite")
    found = overview(tmp_path)
    assert len({each.folder for each in found}) == 1000
    assert {each.done for each in found} == {BUDGET}


def test_a_folder_that_is_none_or_empty_is_told(tmp_path: Path) -> None:
    done = molsteer("list", tmp_path / "absent")
    assert done.returncode == 2
    assert "cannot be read: No such file or directory. Give the folder that holds" in done.stderr
    assert "There is no campaign in" in molsteer("list", tmp_path).stdout
