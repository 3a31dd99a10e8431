"""A whole campaign of two levels, xtb and a package's own, and of two properties."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from support.command import molsteer
from support.simulation import need_engine

BUDGET, CLIMB = 12, 6

MOLECULES = [
    *("C", "N", "O", "CC", "CO", "CN", "CF", "C#N", "C=O", "FF", "N#N", "C#C", "C=C", "CCO"),
    *("CC#N", "CC=O", "NC=O", "OC=O", "COC", "CNC"),
]

CAMPAIGN = f"""
[campaign]
name = "two-levels"
space = "molecules.smi"
budget = {BUDGET}
[[level]]
name = "quick"
method = "xtb"
[[level]]
name = "counted"
method = "toy-masses"
share = 0.5
[[objective]]
property = "homo_lumo_gap"
level = "quick"
hit_above = 8.0
[[objective]]
property = "mass"
unit = "u"
level = "counted"
goal = "minimise"
[policy]
first_training_after = 6
retrain_after = 6
shortlist = 10
[train]
members = 2
epochs = 5
"""

PLUGIN = """
from molsteer.shared.wire.properties import Quantity
from molsteer.simulator.port import Computed


def build():
    def weigh(smiles, spec, wanted, scratch, remaining_s):
        from rdkit import Chem
        from rdkit.Chem.Descriptors import MolWt

        mass = MolWt(Chem.MolFromSmiles(smiles))
        return Computed(values={"mass": Quantity(value=mass, unit="u")}, engine="toy 1")

    return weigh
"""


@pytest.fixture
def with_plugin(tmp_path: Path) -> Mapping[str, str]:
    """Lay out a package as pip installs it, and give the environment that sees it."""
    site = tmp_path / "site"
    information = site / "toy_masses-1.dist-info"
    information.mkdir(parents=True)
    (site / "toy_masses.py").write_text(PLUGIN, encoding="utf-8")
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-masses\nVersion: 1\n")
    points = "[molsteer.simulators]\ntoy-masses = toy_masses:build\n"
    (information / "entry_points.txt").write_text(points)
    return {"PYTHONPATH": str(site)}


def test_a_campaign_learns_two_properties_of_two_levels_and_lets_the_best_climb(
    with_plugin: Mapping[str, str], tmp_path: Path
) -> None:
    need_engine("tblite")
    (tmp_path / "molecules.smi").write_text("\n".join(MOLECULES), encoding="utf-8")
    (tmp_path / "campaign.toml").write_text(CAMPAIGN, encoding="utf-8")
    run_dir = tmp_path / "run"
    ended = molsteer("run", tmp_path / "campaign.toml", "--run-dir", run_dir, **with_plugin)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with closing(sqlite3.connect(run_dir / "ledger.sqlite")) as ledger:
        labels = ledger.execute(
            "SELECT level, property, unit, count(*) FROM label"
            " WHERE property IN ('homo_lumo_gap', 'mass') GROUP BY 1, 2, 3"
        ).fetchall()
        errors = ledger.execute("SELECT validation_mae FROM model").fetchall()
        climbed, best = (
            {molecule for (molecule,) in ledger.execute(query)}
            for query in (
                "SELECT molecule FROM result WHERE level = 'counted'",
                "SELECT molecule FROM label WHERE property = 'homo_lumo_gap'"
                " ORDER BY value DESC LIMIT 1",
            )
        )
    assert sorted(labels) == [
        ("counted", "mass", "u", CLIMB),
        ("quick", "homo_lumo_gap", "eV", BUDGET),
    ]
    assert best <= climbed
    assert all(len(json.loads(text)) == 2 for (text,) in errors)
    verified = molsteer("verify", run_dir)
    assert verified.returncode == 0, verified.stdout
    assert f"{BUDGET + CLIMB} results" in verified.stdout
    assert "mass" in (run_dir / "report.md").read_text(encoding="utf-8")
