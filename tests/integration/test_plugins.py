"""Somebody else's package, installed and used as its author would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
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

    exported = molsteer("export", run_dir, "--format", "jsonl")
    assert exported.returncode == 0, exported.stderr
    text = (run_dir / "export-jsonl" / "molecules.jsonl").read_text()
    molecules = [json.loads(line) for line in text.splitlines()]
    assert len(molecules) == 60
    assert {molecule["engine"] for molecule in molecules} == {"hydrogens 0.1.0"}
    chosen = [molecule for molecule in molecules if molecule["generation"]]
    assert len(chosen) > 20
    for molecule in chosen:
        mean_eV, spread_eV = molecule["predicted_mean_eV"], molecule["predicted_spread_eV"]
        assert molecule["predicted_score_eV"] == pytest.approx(mean_eV - spread_eV, abs=1e-4)
        assert mean_eV == pytest.approx(molecule["adiabatic_eV"], abs=0.5)
    assert min(m["adiabatic_eV"] for m in chosen) > 13.0
    assert molsteer("verify", run_dir).returncode == 0


def test_one_molecule_is_simulated_at_the_level_of_a_plugin(with_plugin: Mapping[str, str]) -> None:
    done = molsteer("simulate", "CCO", "--spec", "hydrogens", **with_plugin)
    assert json.loads(done.stdout)["adiabatic_eV"] == 6.0


def test_a_campaign_whose_plugin_is_not_installed_is_refused_at_its_start(tmp_path: Path) -> None:
    ended = molsteer("run", CAMPAIGN, "--run-dir", tmp_path / "run")
    assert ended.returncode == 2
    for place in (
        "[simulate] level: The level of theory 'hydrogens' is not installed here (installed: xtb)",
        "[policy] acquisition: The acquisition 'cautious' is not installed here (installed: greedy",
        "[train] handler: There is no Python package 'molsteer_hydrogens' here",
        "[infer] handler:",
    ):
        assert place in ended.stderr
    assert not list(tmp_path.iterdir())
