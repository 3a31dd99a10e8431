"""`molsteer simulate`, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MOLSTEER = Path(sys.executable).with_name("molsteer")


def simulate(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MOLSTEER, "simulate", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_one_molecule_is_printed_as_json_and_its_records_are_written(tmp_path: Path) -> None:
    done = simulate("OCC", "--spec", "xtb", "--records", "ethanol.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["smiles"] == "OCC"
    assert answer["canonical_smiles"] == "CCO"
    assert answer["inchikey"] == "LFQSCWFLJHTTHZ-UHFFFAOYSA-N"
    assert answer["adiabatic_eV"] == pytest.approx(14.445, abs=0.01)
    assert answer["vertical_eV"] > answer["adiabatic_eV"]
    assert len(answer["steps"]) == 2
    assert answer["cpu_s"] > 0
    assert [file.name for file in tmp_path.iterdir()] == ["ethanol.json"]
    assert set(json.loads((tmp_path / "ethanol.json").read_text())) == {
        "neutral",
        "vertical",
        "cation",
    }


@pytest.mark.parametrize(
    ("arguments", "status", "cure"),
    [
        (["C1CC"], 2, "Check its brackets and rings."),
        (["CC.Cl"], 2, "Give one connected molecule"),
        (["C[U]"], 2, "hydrogen to radon"),
        (["CCO", "--spec", "dft"], 2, "(installed: xtb)"),
        (["CCO", "--spec", "r2SCAN 3c"], 2, "(installed: xtb)"),
        (["CCO", "--accuracy", "0"], 2, "--accuracy"),
        (["CCO", "--accuracy", "nan"], 2, "--accuracy"),
        (["CCO", "--time-limit", "inf"], 2, "finite number"),
        (["CCO", "--records", "no/such/folder.json"], 2, "no/such/folder.json"),
        (["CCO", "--max-steps", "1"], 1, "Raise the spec's max_steps"),
        (["[NH3+]CC(=O)[O-]"], 1, "leave the molecule out"),
        (["CCO", "--time-limit", "0.001"], 1, "0.001 s"),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(
    arguments: list[str], status: int, cure: str, tmp_path: Path
) -> None:
    done = simulate(*arguments, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert cure in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_shows_units_defaults_and_an_example(tmp_path: Path) -> None:
    help_text = simulate("--help", cwd=tmp_path).stdout
    for part in ("0.05", "300", "3600", "eV", "Seconds", 'molsteer simulate "CCO"'):
        assert part in help_text
