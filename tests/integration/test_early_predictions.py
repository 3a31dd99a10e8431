"""Models that predict while others are still being trained."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.command import molsteer

# Groups of one and of two members, which are not ready at the same time.
CAMPAIGN = """
[campaign]
space = "molecules.smi"
training_set = "known.csv"
budget = 4
[policy]
first_training_after = 6
retrain_after = 1
during_update = "pause"
inference = "model"
[simulate]
slots = 1
[train]
slots = 2
members = 3
epochs = 800
patience = 800
[infer]
slots = 2
chunk_size = 4
"""

KNOWN = {"C": 16.561, "O": 18.148, "CC": 15.050, "C=O": 15.771, "OO": 16.141, "c1ccccc1": 12.5}


@pytest.fixture
def campaign_file(tmp_path: Path) -> Path:
    molecules = ["C", "N", "O", "CO", "C=O", "C#N", "CC", "CN", "N#N", "OO", "FF", "CF"]
    (tmp_path / "molecules.smi").write_text("\n".join(molecules), encoding="utf-8")
    rows = [f"{smiles},{value_eV}" for smiles, value_eV in KNOWN.items()]
    (tmp_path / "known.csv").write_text("\n".join(["smiles,adiabatic_eV", *rows]), encoding="utf-8")
    file = tmp_path / "campaign.toml"
    file.write_text(CAMPAIGN, encoding="utf-8")
    return file


def test_a_campaign_whose_models_predict_as_soon_as_they_are_trained_is_whole(
    campaign_file: Path, tmp_path: Path
) -> None:
    run_dir = tmp_path / "run"
    ended = molsteer("run", campaign_file, "--run-dir", run_dir)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    verified = molsteer("verify", run_dir)
    assert verified.returncode == 0, verified.stdout
    assert json.loads(molsteer("status", run_dir, "--json").stdout)["done"] == 4
    with closing(sqlite3.connect(run_dir / "ledger.sqlite")) as ledger:
        tasks = "SELECT count(*) FROM task WHERE topic = 'infer'"
        early = f"{tasks} AND status = 'ok' AND command ->> 'group' IS NOT NULL"
        (predicted,) = ledger.execute(early).fetchone()
        (failed,) = ledger.execute(f"{tasks} AND status = 'error'").fetchone()
        (kept,) = ledger.execute("SELECT count(*) FROM predicted_chunk").fetchone()
    assert predicted > 0
    assert failed == kept == 0
