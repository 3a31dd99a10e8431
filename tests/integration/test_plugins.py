"""Somebody else's package, installed and used as its author would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rdkit import Chem
from support.command import molsteer

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"
CAMPAIGN = EXAMPLE / "campaign.toml"


@pytest.fixture(scope="module")
def with_plugin(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Install the example into a folder of its own, and give the environment that sees it."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--target", folder, EXAMPLE], check=True)
    return {"PYTHONPATH": str(folder)}


def test_a_campaign_runs_on_a_property_a_ranking_and_a_surrogate_of_a_plugin(
    with_plugin: Mapping[str, str], tmp_path: Path
) -> None:
    run_dir = tmp_path / "run"
    ended = molsteer("run", CAMPAIGN, "--run-dir", run_dir, **with_plugin)
    assert ended.returncode == 0, ended.stdout + ended.stderr

    molecules = exported(run_dir)
    assert len(molecules) == 60
    assert {molecule["engine"] for molecule in molecules} == {"hydrogens 0.1.0"}
    chosen = [molecule for molecule in molecules if molecule["generation"]]
    assert len(chosen) > 20
    for molecule in chosen:
        mean, spread = (molecule[f"predicted_{what}_hydrogens"] for what in ("mean", "spread"))
        assert molecule["predicted_score"] == pytest.approx(mean - spread, abs=1e-4)
        assert mean == pytest.approx(molecule["hydrogens"], abs=0.5)
    assert min(molecule["hydrogens"] for molecule in chosen) > 13
    assert molsteer("verify", run_dir).returncode == 0
    report = molsteer("report", run_dir)
    assert report.returncode == 0, report.stderr
    for told in (ended.stdout, report.stdout, *(file.read_text() for file in run_dir.glob("*.md"))):
        assert "eV" not in told


def test_a_campaign_weighs_two_properties_of_a_plugin(
    with_plugin: Mapping[str, str], tmp_path: Path
) -> None:
    small = '[[objective]]\nproperty = "heavy_atoms"\ngoal = "minimise"\n\n[policy]'
    text = CAMPAIGN.read_text().replace("[policy]", small).replace("cautious", "surely-better")
    campaign = tmp_path / "campaign.toml"
    campaign.write_text(text.replace("../qm9.smi", str(EXAMPLE.parent / "qm9.smi")))
    run_dir = tmp_path / "run"
    ended = molsteer("run", campaign, "--run-dir", run_dir, **with_plugin)
    assert ended.returncode == 0, ended.stdout + ended.stderr

    molecules = exported(run_dir)
    assert len(molecules) == 60
    for molecule in molecules:
        assert molecule["heavy_atoms"] == Chem.MolFromSmiles(molecule["smiles"]).GetNumAtoms()
        if molecule["generation"]:
            assert molecule["predicted_mean_heavy_atoms"] == pytest.approx(
                molecule["heavy_atoms"], abs=0.5
            )
    first = [molecule for molecule in molecules if not molecule["generation"]]
    chosen = [molecule for molecule in molecules if molecule["generation"]]
    assert merit(chosen) > merit(first)
    assert molsteer("verify", run_dir).returncode == 0


def exported(run_dir: Path) -> list[dict[str, Any]]:
    done = molsteer("export", run_dir, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    text = (run_dir / "export-jsonl" / "molecules.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def merit(molecules: list[dict[str, Any]]) -> float:
    """Hydrogens for each heavy atom, which grows with both aims."""
    return sum(one["hydrogens"] / one["heavy_atoms"] for one in molecules) / len(molecules)


def test_one_molecule_is_simulated_at_the_level_of_a_plugin(with_plugin: Mapping[str, str]) -> None:
    done = molsteer("simulate", "CCO", "--spec", "hydrogens", **with_plugin)
    found = json.loads(done.stdout)
    assert (found["hydrogens"], found["heavy_atoms"]) == (6.0, 3.0)


def test_a_campaign_whose_plugin_is_not_installed_is_refused_at_its_start(tmp_path: Path) -> None:
    ended = molsteer("run", CAMPAIGN, "--run-dir", tmp_path / "run")
    assert ended.returncode == 2
    for place in (
        "[simulate] level: The level of theory 'hydrogens' is not installed here (installed: ",
        "[policy] acquisition: The acquisition 'cautious' is not installed here (installed: ehvi",
        "[train] handler: There is no Python package 'molsteer_hydrogens' here",
        "[infer] handler:",
    ):
        assert place in ended.stderr
    assert not list(tmp_path.iterdir())
