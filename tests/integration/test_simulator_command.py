"""`molsteer simulate`, as a user runs it."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from support.processes import below
from support.simulation import need_engine
from support.waiting import eventually

from molsteer.shared.wire.catalogue import OFFERED, unit_of

MOLSTEER = Path(sys.executable).with_name("molsteer")
ENDLESS = "C" * 900
"""A molecule that libraries are busy with for minutes."""


def simulate(
    *arguments: str, cwd: Path, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MOLSTEER, "simulate", *arguments],
        cwd=cwd,
        input=given,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_one_molecule_is_printed_as_json_and_its_records_are_written(tmp_path: Path) -> None:
    done = simulate("OCC", "--spec", "xtb", "--records", "ethanol.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["smiles"] == "OCC"
    assert answer["canonical_smiles"] == "CCO"
    assert answer["inchikey"] == "LFQSCWFLJHTTHZ-UHFFFAOYSA-N"
    adiabatic_eV, vertical_eV, shifted_eV = (
        answer[f"{kind}_ionization_potential_eV"] for kind in ("adiabatic", "vertical", "shifted")
    )
    assert adiabatic_eV == pytest.approx(14.445, abs=0.01)
    assert vertical_eV > adiabatic_eV
    assert shifted_eV == pytest.approx(vertical_eV - 4.8455)
    assert (answer["charge"], answer["multiplicity"], answer["cation_multiplicity"]) == (0, 1, 2)
    assert set(answer["steps"]) == {"neutral", "cation"}
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
        (["C\udcff"], 2, "Check its brackets and rings."),
        (["CC.Cl"], 2, "Give one connected molecule"),
        (["C[U]"], 2, "hydrogen to radon"),
        (["CCO", "--spec", "dft"], 2, "(installed: "),
        (["CCO", "--spec", "r2SCAN 3c"], 2, "(installed: "),
        (["CCO", "--property", "homo_lumo"], 2, "Did you mean homo_lumo_gap?"),
        (["CCO", "--property", "solvation_energy"], 2, "Name one, as water"),
        (["CCO", "CCN", "--solvent", "Water"], 2, "Did you mean water?"),
        (["CCO", "--solvent", "water", "--engine", "xtb-python"], 2, "Choose the engine 'tblite'"),
        (["CCO", "--accuracy", "0"], 2, "--accuracy"),
        (["CCO", "--accuracy", "nan"], 2, "--accuracy"),
        (["CCO", "--time-limit", "inf"], 2, "finite number"),
        (["CCO", "--records", "no/such/folder.json"], 2, "no/such/folder.json"),
        (["CCO", "CCN", "--records", "records.json"], 2, "--records is for one molecule"),
        (["CCO", "CCN", "-o", "no/such/folder.csv"], 2, "no/such/folder.csv"),
        (["CCO", "--multiplicity", "2"], 2, "Ask for an odd one"),
        (["CCO", "--multiplicity", "high"], 2, "rule, lowest, or a number"),
        (["missing.smi"], 2, "missing.smi cannot be read: No such file or directory"),
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


def test_many_molecules_are_written_with_names_and_failures(tmp_path: Path) -> None:
    (tmp_path / "some.smi").write_text("# oxygen and nothing\nO=O di oxygen\n\nC1CC\n")
    (tmp_path / "more.csv").write_text('name,SMILES,note\n"radical, methyl",[CH3],x\n')
    done = simulate("CCO", "some.smi", "more.csv", "-", cwd=tmp_path, given="N\n")
    assert done.returncode == 1, done.stderr
    assert "4 of 5 computed, 1 failed (1 bad-smiles)." in done.stderr
    answers = {answer["smiles"]: answer for answer in map(json.loads, done.stdout.splitlines())}
    assert set(answers) == {"CCO", "O=O", "C1CC", "[CH3]", "N"}
    assert answers["O=O"]["name"] == "di oxygen"
    assert answers["O=O"]["multiplicity"] == 3
    assert answers["[CH3]"]["name"] == "radical, methyl"
    assert answers["C1CC"]["error"]["code"] == "bad-smiles"


def test_one_molecule_may_be_a_table_with_its_records_beside_it(tmp_path: Path) -> None:
    done = simulate("N", "--format", "csv", "--records", "ammonia.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["inchikey"] == "QGZKDVFQNNGYKY-UHFFFAOYSA-N"
    assert "cation" in json.loads((tmp_path / "ammonia.json").read_text())


def test_a_file_that_ends_in_csv_is_a_table(tmp_path: Path) -> None:
    done = simulate("CCO", "C1CC", "-o", "found.csv", "-q", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    text = (tmp_path / "found.csv").read_text()
    rows = {row["smiles"]: row for row in csv.DictReader(io.StringIO(text))}
    assert float(rows["CCO"]["adiabatic_ionization_potential_eV"]) == pytest.approx(
        14.445, abs=0.01
    )
    assert int(rows["CCO"]["cation_steps"]) > 0
    assert rows["C1CC"]["error"] == "bad-smiles"
    assert "brackets" in rows["C1CC"]["message"]


def test_properties_are_computed_by_name_in_a_solvent(tmp_path: Path) -> None:
    asked = ("--property", "solvation_energy", "--property", "homo_lumo_gap", "--solvent", "water")
    done = simulate("CCO", *asked, "--format", "csv", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert [name for name in row if name.endswith("_eV")] == [
        "homo_lumo_gap_eV",
        "solvation_energy_eV",
    ]
    assert -1.0 < float(row["solvation_energy_eV"]) < 0.0
    assert "cation_steps" not in row


def test_all_is_everything_that_the_level_gives_in_its_surroundings(tmp_path: Path) -> None:
    done = simulate("C=O", "--property", "all", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    given = {name for name in json.loads(done.stdout) if name.endswith(("_eV", "_V"))}
    offered = {f"{name}_{unit_of(name)}" for name in OFFERED["xtb"]}
    assert given == offered - {"solvation_energy_eV"}


def test_what_failed_before_anything_was_computed_is_in_the_table_too(tmp_path: Path) -> None:
    done = simulate("C1CC", "CCCO", "-o", "found.csv", "--processes", "1", "-q", cwd=tmp_path)
    assert done.returncode == 1
    with (tmp_path / "found.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["smiles"] for row in rows] == ["C1CC", "CCCO"]
    assert float(rows[1]["adiabatic_ionization_potential_eV"]) > 0.0


def test_a_table_of_failures_alone_says_why(tmp_path: Path) -> None:
    done = simulate("C1CC", "C2CC", "--format", "csv", "-q", cwd=tmp_path)
    assert done.returncode == 1
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["error"] for row in rows] == ["bad-smiles", "bad-smiles"]


def test_nothing_is_written_where_the_molecules_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "open.csv").write_text('smiles\n"CCO\nCCN\n')
    done = simulate("open.csv", "-o", "found.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "The molecules in open.csv cannot be read: unexpected end of data" in done.stderr
    assert not (tmp_path / "found.jsonl").exists()


def test_the_time_limit_holds_although_a_library_is_busy(tmp_path: Path) -> None:
    done = simulate(ENDLESS, "CCO", "--time-limit", "20", cwd=tmp_path)
    assert done.returncode == 1
    answers = {answer["smiles"]: answer for answer in map(json.loads, done.stdout.splitlines())}
    assert "in the middle of a step" in answers[ENDLESS]["error"]["message"]
    assert answers["CCO"]["adiabatic_ionization_potential_eV"] == pytest.approx(14.445, abs=0.01)


@contextmanager
def simulating(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    scratch = cwd / "tmp"
    scratch.mkdir()
    process = subprocess.Popen(
        [MOLSTEER, "simulate", *arguments],
        cwd=cwd,
        env=os.environ | {"TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()  # which closes its pipes as well


def test_a_process_that_dies_is_told_in_one_sentence(tmp_path: Path) -> None:
    with simulating(ENDLESS, cwd=tmp_path) as process:
        eventually(lambda: list((tmp_path / "tmp").glob("molsteer-simulate-*/*")))
        (child,) = eventually(lambda: below(process.pid, "simulator.cli.child"))
        child.send_signal(signal.SIGSEGV)
        _, told = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "died of SIGSEGV. Its stack may have been too small" in told
    assert len(told.splitlines()) == 1
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_what_is_finished_stays_when_it_is_told_to_end(
    sent: signal.Signals, status: int, tmp_path: Path
) -> None:
    found = tmp_path / "found.jsonl"
    with simulating("CCO", ENDLESS, "-o", found.name, "--processes", "2", cwd=tmp_path) as process:
        eventually(lambda: found.exists() and found.read_text().endswith("\n"))
        children = below(process.pid, "simulator.cli.child")
        process.send_signal(sent)
        _, told = process.communicate(timeout=240)
        eventually(lambda: not any(map(psutil.Process.is_running, children)))
    assert process.returncode == status
    assert "1 of 2 computed." in told
    assert "Traceback" not in told
    assert [json.loads(line)["smiles"] for line in found.read_text().splitlines()] == ["CCO"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_no_process_outlives_the_command_that_was_killed(tmp_path: Path) -> None:
    with simulating(ENDLESS, cwd=tmp_path) as process:
        (child,) = eventually(lambda: below(process.pid, "simulator.cli.child"))
        eventually(lambda: list((tmp_path / "tmp").glob("molsteer-simulate-*/*")))
        process.kill()
        eventually(lambda: not child.is_running())


_ON_A_SMALL_STACK = """
import numpy
from molsteer.simulator.engines.installed import engine_named
from molsteer.simulator.stack import on_large_stack

HYDROGENS = 400
places = numpy.arange(HYDROGENS)
line = numpy.stack([3.0 * (places // 2) + 1.4 * (places % 2), 0.0 * places, 0.0 * places], axis=1)
surface = engine_named("xtb-python").surface(numpy.ones(HYDROGENS, dtype=int), line, 0, 0, 0.05)
print(on_large_stack(lambda: surface(line))[0])
"""


def test_an_engine_with_arrays_on_the_stack_gets_a_large_one() -> None:
    need_engine("xtb-python")

    def limit_stack() -> None:
        resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))

    done = subprocess.run(
        [sys.executable, "-c", _ON_A_SMALL_STACK],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=limit_stack,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(-180.545, abs=0.01)


def test_help_shows_units_defaults_and_an_example(tmp_path: Path) -> None:
    help_text = simulate("--help", cwd=tmp_path).stdout
    for part in ("0.05", "300", "3600", "eV", "4.8455", "Seconds", 'molsteer simulate "CCO"'):
        assert part in help_text
