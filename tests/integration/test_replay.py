"""Campaigns that look their answers up in a table, with real services and without chemistry."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections import Counter
from contextlib import closing
from math import ceil
from pathlib import Path

import pytest
from support.command import molsteer

MOLECULES = [
    "C" * length + tail
    for length in range(1, 13)
    for tail in ("O", "N", "F", "Cl", "S", "C#N", "C(=O)O", "OC")
]
SCORES = {smiles: 1000.0 - 250.0 * (number % 8) for number, smiles in enumerate(MOLECULES)}
FAILED = MOLECULES[3:30:9]
BUDGET = 30
_FAILURES = "SELECT json_extract(error, '$.code') FROM task WHERE error IS NOT NULL"

CAMPAIGN = f"""
[campaign]
name = "from-a-table"
space = "molecules.smi"
budget = {BUDGET}
truth_top = "5%"
[simulate]
level = "replay"
table = "scores.csv.gz"
[[objective]]
property = "score"
goal = "minimise"
hit_below = -700
[policy]
first_training_after = "12.5%"
retrain_after = 9
during_update = "pause"
[train]
members = 2
epochs = 5
"""


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """Lay out a campaign; its table has one molecule twice, and spelt otherwise than the space."""
    (tmp_path / "molecules.smi").write_text("\n".join(MOLECULES), encoding="utf-8")
    cells = {smiles: "n/a" if smiles in FAILED else str(SCORES[smiles]) for smiles in MOLECULES}
    rows = [f"{'OCC' if smiles == 'CCO' else smiles},{cell},0.1" for smiles, cell in cells.items()]
    table = ["smiles,score_kcal/mol,seconds", *rows, "CCO,1e6,0.1"]
    with gzip.open(tmp_path / "scores.csv.gz", "wt") as file:
        file.write("\n".join(table))
    (tmp_path / "campaign.toml").write_text(CAMPAIGN)
    return tmp_path / "campaign.toml"


def exported(run_dir: Path) -> dict[str, float]:
    done = molsteer("export", run_dir, "--format", "jsonl", "--force")
    assert done.returncode == 0, done.stderr
    lines = (run_dir / "export-jsonl" / "molecules.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return {row["smiles"]: row["score"] for row in rows}


def test_a_campaign_is_replayed_from_a_table_and_goes_on_without_it(
    campaign: Path, tmp_path: Path
) -> None:
    run_dir = tmp_path / "run"
    ended = molsteer("run", campaign, "--run-dir", run_dir)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "score / kcal/mol" in ended.stdout

    found = exported(run_dir)
    assert len(found) == BUDGET
    assert found == {smiles: SCORES[smiles] for smiles in found}
    assert not set(FAILED) & set(found)
    known = len(MOLECULES) - len(FAILED)
    told = f"Of the {ceil(known / 20)} best molecules among {known} whose values are known"
    assert told in (run_dir / "report.md").read_text()

    (tmp_path / "scores.csv.gz").unlink()
    again = molsteer("continue", run_dir, "--budget", str(BUDGET + 5))
    assert again.returncode == 0, again.stdout + again.stderr
    more = exported(run_dir)
    assert len(more) == BUDGET + 5
    assert more == {smiles: SCORES[smiles] for smiles in more}
    assert molsteer("verify", run_dir).returncode == 0


def test_molecules_without_a_value_are_failures_that_are_not_tried_again(
    campaign: Path, tmp_path: Path
) -> None:
    molecules = "\n".join([*FAILED, "c1ccccc1", "CCO"])
    (tmp_path / "molecules.smi").write_text(molecules, encoding="utf-8")
    run_dir = tmp_path / "run"
    attempts = ("--budget", "100%", "--budget-counts", "attempts")
    ended = molsteer("run", campaign, "--run-dir", run_dir, *attempts)
    assert "Ended: budget-reached" in ended.stdout
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert exported(run_dir) == {"CCO": SCORES["CCO"]}
    with closing(sqlite3.connect(run_dir / "ledger.sqlite")) as ledger:
        codes = Counter(code for (code,) in ledger.execute(_FAILURES))
    assert codes == {"no-recorded-value": len(FAILED), "not-in-table": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"scores.csv.gz"', '"missing.csv"'), "missing.csv cannot be used: it does not exist"),
        (('table = "scores.csv.gz"', ""), "[simulate] table: is missing"),
        (('property = "score"', 'property = "scare"'), "has no column 'scare'"),
        (('property = "score"', 'property = "score"\nunit = "eV"'), "it is wanted in eV"),
        (('level = "replay"', ""), "is for the level replay"),
    ],
)
def test_a_table_that_does_not_fit_is_reported_before_anything_begins(
    campaign: Path, tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    campaign.write_text(CAMPAIGN.replace(*change))
    run_dir = tmp_path / "run"
    ended = molsteer("run", campaign, "--run-dir", run_dir)
    assert ended.returncode == 2, ended.stdout
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not run_dir.exists()


def test_another_table_is_another_campaign(campaign: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    assert molsteer("run", campaign, "--run-dir", run_dir, "--budget", "2").returncode == 0
    with gzip.open(tmp_path / "scores.csv.gz", "at") as file:
        file.write("\nCCCBr,3.0,0.1")
    ended = molsteer("run", campaign, "--run-dir", run_dir, "--budget", "2")
    assert ended.returncode == 2
    assert "level.replay.table" in ended.stderr
