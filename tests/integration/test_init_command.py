"""`molsteer init` writes a settings file that runs as it is, and says why it is so."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from support.command import molsteer

from molsteer.steering.settings.campaign import CampaignSettings, load_campaign
from molsteer.steering.start.outlook import warning
from molsteer.steering.start.proposal import propose, write_proposal

CHAINS = ["C" * length + end for length in range(1, 41) for end in ("O", "N", "F", "Cl", "S")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "My molecules.smi").write_text("\n".join([*CHAINS, "hello"]), encoding="utf-8")
    return tmp_path


@pytest.mark.fast
def test_the_file_says_what_was_found_and_why_and_is_never_overwritten(folder: Path) -> None:
    done = molsteer("init", "My molecules.smi")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "201 rows; of the first 201, 200 can be searched. Left out: 1 not a SMILES." in done.stdout
    )
    assert "Written: campaign.toml. Look into it, then: molsteer run campaign.toml" in done.stdout
    text = (folder / "campaign.toml").read_text()
    document = tomllib.loads(text)
    assert document["campaign"] == {
        "name": "my-molecules",
        "space": "My molecules.smi",
        "budget": 50,
        "seed": 0,
    }
    assert document["policy"]["first_training_after"] == 12
    plain = CampaignSettings.model_validate({"campaign": {"space": "My molecules.smi"}})
    written = load_campaign(folder / "campaign.toml", {})
    assert (written.objectives, written.levels) == (plain.objectives, plain.levels)
    further = text.replace("# [[level]]", "[[level]]")
    for key in ("name", "solvent", "share", "hit_above"):
        further = further.replace(f"# {key} = ", f"{key} = ")
    (folder / "further.toml").write_text(further)
    both = load_campaign(folder / "further.toml", {})
    assert [level.spec.solvent for level in both.levels] == [None, "water"]
    assert (both.objectives[0].output.level, both.objectives[0].hit) == ("in-water", 12.0)
    assert "fewer give models too little to learn from; there are 200 molecules." in text

    again = molsteer("init", "My molecules.smi")
    assert again.returncode == 2
    assert "campaign.toml cannot be written: it exists already" in again.stderr
    assert (folder / "campaign.toml").read_text() == text
    rehearsed = molsteer("run", "campaign.toml", "--dry-run")
    assert rehearsed.returncode == 0, rehearsed.stderr
    assert "Warning" not in rehearsed.stdout


def test_the_file_runs_as_it_is(folder: Path) -> None:
    (folder / "few.smi").write_text("C\nN\nO\nCC\n", encoding="utf-8")
    assert molsteer("init", "few.smi", "-o", "few.toml").returncode == 0
    ended = molsteer("run", "few.toml")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Ended: budget-reached" in ended.stdout


@pytest.mark.fast
@pytest.mark.parametrize(
    ("count", "budget", "first"), [(1, 1, 1), (30, 30, 7), (3_000, 150, 37), (20_000, 500, 125)]
)
def test_the_budget_follows_the_number_of_molecules(
    folder: Path, monkeypatch: pytest.MonkeyPatch, count: int, budget: int, first: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    lines = "\n".join("C" * (number % 200 + 1) for number in range(count))
    (folder / "many.csv").write_text(f"smiles\n{lines}\n")
    monkeypatch.setattr("molsteer.steering.space.sampling.SAMPLE", 50)
    proposal = propose([folder / "many.csv"])
    write_proposal(proposal, folder / "many.toml")
    settings = load_campaign(folder / "many.toml", {})
    assert (settings.campaign.budget, settings.policy.first_training_after) == (budget, first)
    assert budget < 30 or warning(settings, 0) is None


@pytest.mark.fast
def test_molecules_elsewhere_and_strange_names_are_found_again(folder: Path) -> None:
    (folder / "files").mkdir()
    for name in ('a "quoted".smi', "back\\slash\x7f\n.smi"):
        (folder / name).write_text("CCO\n")
    sources = [Path(folder / 'a "quoted".smi'), Path("back\\slash\x7f\n.smi")]
    write_proposal(propose(sources), folder / "files" / "both.toml")
    settings = load_campaign(folder / "files" / "both.toml", {})
    assert [path.read_text() for path in settings.campaign.space] == ["CCO\n", "CCO\n"]


@pytest.mark.fast
@pytest.mark.parametrize(
    ("molecules", "output", "told"),
    [
        ("absent.smi", "a.toml", "absent.smi cannot be used: it does not exist"),
        ("salts.smi", "a.toml", "There is no usable molecule in salts.smi. Left out: 1 several"),
        ("My molecules.smi", "absent/a.toml", "absent/a.toml cannot be written: No such file"),
        (os.fsdecode(b"odd\xff.smi"), "a.toml", "a path that it must name is not UTF-8 text"),
    ],
)
def test_what_cannot_be_proposed_is_told_and_leaves_nothing(
    folder: Path, molecules: str, output: str, told: str
) -> None:
    (folder / "salts.smi").write_text("[Na+].[Cl-]\n")
    (folder / os.fsdecode(b"odd\xff.smi")).write_text("CCO\n")
    before = set(folder.rglob("*"))
    done = molsteer("init", molecules, "-o", output)
    assert done.returncode == 2
    assert told in done.stderr
    assert set(folder.rglob("*")) == before
