"""The ladder that is told of in the documentation, for real: GFN2-xTB under B3LYP by NWChem."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from support.command import molsteer
from support.simulation import need_engine, need_program

from molsteer.steering.records.documents.record_files import read_record

EXAMPLE = Path(__file__).parents[2] / "examples" / "ladder.toml"
MOLECULES, DEAR = 16, 6

INDICATOR = """
[campaign]
name = "indicated"
space = "small.smi"
budget = 16
[[level]]
name = "first-look"
method = "xtb-vertical"
indicator = "vertical_ionization_potential"
[[level]]
name = "relaxed"
method = "xtb"
share = 0.5
[[objective]]
property = "adiabatic_ionization_potential"
[policy]
promotion = "price"
first_training_after = 12
retrain_after = 4
during_update = "pause"
buffer = 0
control_share = 0.0
[train]
surrogate = ["gp", "graphs"]
members = 2
epochs = 10
"""

HITS = {"[H][H]", "N#N", "FF", "F"}
"""Those above 14.5 eV by B3LYP/3-21G, of all sixteen, each of which was computed once."""


def test_few_dear_simulations_find_the_hits_and_nothing_is_computed_twice(tmp_path: Path) -> None:
    need_engine("tblite")
    need_program("nwchem")
    run_dir = tmp_path / "run"
    ended = molsteer("run", EXAMPLE, "--run-dir", run_dir)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "budget-reached" in ended.stdout

    with closing(sqlite3.connect(run_dir / "ledger.sqlite")) as ledger:
        values = ledger.execute(
            "SELECT result.level, smiles, value, molecule, record FROM result JOIN label USING"
            " (number, molecule) WHERE property = 'vertical_ionization_potential'"
        ).fetchall()
        starts, attempts = ledger.execute(
            "SELECT sum(starts), count(*) FROM task WHERE topic = 'simulate'"
        ).fetchone()
    record_of = {(level, molecule): record for level, _, _, molecule, record in values}
    quick = {smiles: value for level, smiles, value, *_ in values if level == "quick"}
    dear = {smiles: value for level, smiles, value, *_ in values if level == "dear"}
    assert (len(quick), len(dear)) == (MOLECULES, DEAR)
    assert starts == attempts == len(values) == MOLECULES + DEAR

    promising = sorted(quick, key=quick.__getitem__, reverse=True)[: MOLECULES // 2]
    assert dear.keys() <= set(promising)
    assert len({smiles for smiles, value in dear.items() if value > 14.5} & HITS) >= 3

    for level, _, _, molecule, record in values:
        if level == "dear":
            document = read_record(run_dir / record)["neutral"]
            assert document["extras"]["molsteer"] == {"started_from": "quick"}
            below = read_record(run_dir / record_of["quick", molecule])["neutral"]
            handed = document["initial_molecule"]["geometry"]
            relaxed = below["final_molecule"]["geometry"]
            assert max(abs(a - b) for a, b in zip(handed, relaxed, strict=True)) < 1e-7

    verified = molsteer("verify", run_dir)
    assert verified.returncode == 0, verified.stdout
    report = (run_dir / "report.md").read_text(encoding="utf-8")
    told = [line.replace("|", " ").split() for line in report.splitlines() if "| " in line]
    rows = {row[1]: row for row in told if len(row) == 5 and row[1] in {"xtb", "small_basis"}}
    assert rows["xtb"][:4] == ["quick", "xtb", "16", "16"]
    assert rows["small_basis"][:4] == ["dear", "small_basis", "6", "6"]
    assert float(rows["small_basis"][4]) > float(rows["xtb"][4])  # what each level cost


def test_potentials_without_relaxation_tell_who_is_relaxed(tmp_path: Path) -> None:
    need_engine("tblite")
    shutil.copy(EXAMPLE.with_name("small.smi"), tmp_path)
    file, run_dir = tmp_path / "campaign.toml", tmp_path / "run"
    file.write_text(INDICATOR, encoding="utf-8")
    told = molsteer("run", file, "--run-dir", run_dir, "--dry-run")
    assert "Indicator: vertical_ionization_potential at the level first-look" in told.stdout
    ended = molsteer("run", file, "--run-dir", run_dir)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with closing(sqlite3.connect(run_dir / "ledger.sqlite")) as ledger:
        labels = dict[tuple[str, str], dict[int, float]]()
        for level, name, molecule, value in ledger.execute(
            "SELECT level, property, molecule, value FROM label"
        ):
            labels.setdefault((level, name), {})[molecule] = value
        errors = ledger.execute("SELECT validation_mae FROM model ORDER BY generation").fetchall()
    vertical = labels["first-look", "vertical_ionization_potential"]
    adiabatic = labels["relaxed", "adiabatic_ionization_potential"]
    assert (len(vertical), len(adiabatic)) == (16, 8)
    best_first = sorted(vertical, key=vertical.__getitem__, reverse=True)
    assert set(best_first[:2]) <= adiabatic.keys()
    assert not set(best_first[-2:]) & adiabatic.keys()
    assert all(len(json.loads(each)) == 2 for (each,) in errors)
    assert molsteer("verify", run_dir).returncode == 0
