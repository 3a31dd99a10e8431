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
    (tmp_path / "known.csv").write_text(KNOWN + "[CH4],16.561\n", encoding="utf-8")
    ended = molsteer("run", campaign_file, "--run-dir", run_dir)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Training set: 7 rows, of which 1 repeat the molecule and label" in ended.stderr
    assert "chosen by the models: 3 molecules" in ended.stdout
    with closing(sqlite3.connect(run_dir / "ledger.sqlite")) as ledger:
        found = {smiles for (smiles,) in ledger.execute("SELECT smiles FROM result")}
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
    assert (
        "line 8: 16 eV contradicts 16.561 eV for the same molecule, C, in line 2." in refused.stderr
    )
    assert "line 9: '?' is not a number." in refused.stderr
    assert not (tmp_path / "run").exists()


PAIR = """
[campaign]
space = ["molecules.smi", "more.csv"]
budget = 3
[policy]
starter = "k-means"
first_training_after = 2
retrain_after = 2
during_update = "pause"
buffer = 0
[simulate]
slots = 1
[train]
epochs = 2
width = 16
layers = 2
"""


def test_the_models_of_one_campaign_rank_at_once_in_the_next(
    campaign_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "more.csv").write_text("inchi,dict\nInChI=1S/CH4/h1H4,{}\n", encoding="utf-8")
    campaign_file.write_text(PAIR, encoding="utf-8")
    first, second = tmp_path / "first", tmp_path / "second"
    ended = molsteer("run", campaign_file, "--run-dir", first, "--model-count", "2")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "10 molecules of 11 rows; left out: 1 duplicate" in ended.stderr
    assert "k-means start: 2 molecules" in ended.stdout
    assert "Against the k-means start" in (first / "report.md").read_text()

    export = molsteer("export", first, "--format", "safetensors", "-o", tmp_path / "models")
    assert "ensemble.safetensors  2 members" in export.stdout, export.stderr
    model = tmp_path / "models" / "ensemble.safetensors"
    ended = molsteer("run", campaign_file, "--run-dir", second, "--mpnn-model-files", model)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "chosen by the models: 3 molecules" in ended.stdout
    assert "start:" not in ended.stdout
    assert "first ranking by 2 models trained before" in (second / "report.md").read_text()
    assert molsteer("verify", second).returncode == 0
    with closing(sqlite3.connect(second / "ledger.sqlite")) as ledger:
        tasks = ledger.execute("SELECT task_id, command FROM task ORDER BY rowid").fetchall()
    training = next(json.loads(command) for name, command in tasks if name.startswith("train"))
    assert tasks[0][0] == "infer/1/0/1"
    assert training["generation"] == 2
    assert training["warm"]

    other = molsteer("run", campaign_file, "--run-dir", second)
    assert other.returncode == 2
    assert "train.models is" in other.stderr


def test_models_of_the_seeds_start_nothing_and_are_told_a_way(
    campaign_file: Path, tmp_path: Path
) -> None:
    keras = tmp_path / "model.h5"
    keras.write_bytes(b"\x89HDF\r\n\x1a\n")
    run_dir = tmp_path / "run"
    refused = molsteer("run", campaign_file, "--run-dir", run_dir, "--mpnn-model-path", keras)
    assert refused.returncode == 2
    assert "model.h5: Keras models cannot be read. Give the labels" in refused.stderr
    assert not run_dir.exists()
