"""Campaigns that begin with labels from elsewhere."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.command import molsteer

CAMPAIGN = """
[campaign]
space = "molecules.smi"
training_set = "known.csv"
budget = 3
[policy]
first_training_after = 6
during_update = "pause"
[train]
members = 1
epochs = 2
"""

KNOWN = """smiles,adiabatic_eV
C,16.561
O,18.148
CC,15.050
C=O,15.771
OO,16.141
c1ccccc1,12.5
"""


@pytest.fixture
def campaign_file(tmp_path: Path) -> Path:
    molecules = ["C", "N", "O", "CO", "C=O", "C#N", "CC", "CN", "N#N", "OO"]
    (tmp_path / "molecules.smi").write_text("\n".join(molecules), encoding="utf-8")
    (tmp_path / "known.csv").write_text(KNOWN, encoding="utf-8")
    file = tmp_path / "campaign.toml"
    file.write_text(CAMPAIGN, encoding="utf-8")
    return file


def test_a_campaign_trains_on_its_training_set_and_searches_the_other_molecules(
    campaign_file: Path, tmp_path: Path
) -> None:
    run_dir = tmp_path / "run"
    ended = molsteer("run", campaign_file, "--run-dir", run_dir, timeout_s=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "chosen by the models: 3 molecules" in ended.stdout
    with closing(sqlite3.connect(run_dir / "ledger.sqlite")) as ledger:
        found = {smiles for (smiles,) in ledger.execute("SELECT smiles FROM label")}
        trained_on = ledger.execute("SELECT min(labels) FROM model").fetchone()
    assert len(found) == 3
    assert "6 labels known before" in (run_dir / "report.md").read_text()
    assert not found & {line.split(",")[0] for line in KNOWN.splitlines()}
    assert trained_on == (6,)
    assert json.loads(molsteer("status", run_dir, "--json").stdout)["done"] == 3

    (tmp_path / "known.csv").write_text(KNOWN + "CCC,14.2\n", encoding="utf-8")
    changed = molsteer("run", campaign_file, "--run-dir", run_dir)
    assert changed.returncode == 2
    assert "campaign.training_set is" in changed.stderr


def test_a_training_set_that_contradicts_itself_starts_nothing(
    campaign_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "known.csv").write_text(KNOWN + "[CH4],16\nCCC,?\n", encoding="utf-8")
    refused = molsteer("run", campaign_file, "--run-dir", tmp_path / "run")
    assert refused.returncode == 2
    assert "line 8: 16 eV contradicts 16.561 eV for the same molecule in line 2." in refused.stderr
    assert "line 9: '?' is no number." in refused.stderr
    assert not (tmp_path / "run").exists()
