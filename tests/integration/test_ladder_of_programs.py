"""A whole campaign of two levels: GFN2-xTB, and Hartree-Fock by NWChem from its geometries."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.command import molsteer
from support.simulation import need_engine, need_program

from molsteer.steering.records.documents.record_files import read_record

MOLECULES = ["O", "N", "[H][H]"]

CAMPAIGN = f"""
[campaign]
name = "ladder"
space = "molecules.smi"
budget = {len(MOLECULES)}
[[level]]
name = "quick"
method = "xtb"
engine = "tblite"
[[level]]
name = "dear"
method = "qcengine"
program = "nwchem"
model = "hf"
basis = "sto-3g"
keywords = {{ scf__uhf = true }}
starts_from = "quick"
share = 0.6
[[objective]]
property = "vertical_ionization_potential"
[simulate]
slots = 1
[policy]
first_training_after = 3
control_share = 0
[train]
members = 1
epochs = 1
"""


def test_the_best_climb_to_another_program_and_start_from_what_xtb_relaxed(tmp_path: Path) -> None:
    need_engine("tblite")
    need_program("nwchem")
    (tmp_path / "molecules.smi").write_text("\n".join(MOLECULES), encoding="utf-8")
    (tmp_path / "campaign.toml").write_text(CAMPAIGN, encoding="utf-8")
    run_dir = tmp_path / "run"
    ended = molsteer("run", tmp_path / "campaign.toml", "--run-dir", run_dir)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with closing(sqlite3.connect(run_dir / "ledger.sqlite")) as ledger:
        results = ledger.execute("SELECT level, molecule, engine, record FROM result").fetchall()
        starts = ledger.execute("SELECT sum(starts) FROM task WHERE topic = 'simulate'").fetchone()
    levels = [level for level, *_ in results]
    assert (levels.count("quick"), levels.count("dear")) == (3, 2)
    assert starts == (5,)  # nothing was computed twice
    kept: dict[tuple[str, int], Any] = {
        (level, molecule): read_record(run_dir / record) for level, molecule, _, record in results
    }
    for level, molecule, engine, _ in results:
        if level == "dear":
            assert "HF/STO-3G" in engine
            below, above = kept["quick", molecule]["neutral"], kept["dear", molecule]["neutral"]
            relaxed, first = below["final_molecule"]["geometry"], above["initial_molecule"]
            assert first["geometry"] == pytest.approx(relaxed, abs=1e-7)  # QCElemental rounds
            assert above["extras"]["molsteer"] == {"started_from": "quick"}
    verified = molsteer("verify", run_dir)
    assert verified.returncode == 0, verified.stdout
    assert "dear" in (run_dir / "report.md").read_text(encoding="utf-8")
