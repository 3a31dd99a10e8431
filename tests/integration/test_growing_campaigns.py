"""A campaign that runs is given labels, molecules and a threshold from another terminal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from subprocess import Popen

import pytest
from support.command import molsteer, molsteer_in_background
from support.waiting import eventually

MOLECULES = [
    *("C", "N", "O", "CC", "CO", "CN", "CF", "C#N", "C=O", "C#C", "C=C", "CCO", "CC#N", "CC=O"),
    *("NC=O", "OC=O", "COC", "CNC", "CCF", "FCF", "C1CC1", "C1CO1", "N#CC#N", "CC(C)C", "CCCC"),
]

CAMPAIGN = """
[campaign]
name = "growing"
space = "molecules.smi"
budget = 24
[policy]
first_training_after = 6
retrain_after = 6
[simulate]
slots = 1
[train]
members = 2
epochs = 2
[filter]
heavy_atoms_max = 4
elements = ["C", "N", "O", "F"]
"""


class Growing:
    def __init__(self, folder: Path) -> None:
        self.folder, self.run_dir, self.output = folder, folder / "run", folder / "output"
        (folder / "molecules.smi").write_text("\n".join(MOLECULES), encoding="utf-8")
        (folder / "campaign.toml").write_text(CAMPAIGN, encoding="utf-8")
        self.process: Popen[bytes] | None = None

    def start(self) -> Popen[bytes]:
        command = ("run", self.folder / "campaign.toml", "--run-dir", self.run_dir)
        self.process = molsteer_in_background(*command, output=self.output)
        return self.process

    def ask(self, *command: str | Path, status: int = 0) -> str:
        answer = molsteer(*command)
        assert answer.returncode == status, answer.stdout + answer.stderr
        assert "Traceback" not in answer.stderr
        return answer.stdout + answer.stderr

    def added(self) -> list[str]:
        told = "added || ' ' || kind || ', ' || passed_over || ' over'"
        return self.rows(f"SELECT {told} FROM addition ORDER BY number")  # noqa: S608

    def rows(self, query: str) -> list[str]:
        uri = f"file:{self.run_dir / 'ledger.sqlite'}?mode=ro"
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(uri, uri=True)) as ledger:
            return [str(value) for (value,) in ledger.execute(query)]
        return []


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    growing = Growing(tmp_path)
    yield growing
    if growing.process is not None and growing.process.poll() is None:
        growing.process.terminate()
        growing.process.terminate()
        growing.process.wait(240)


def test_a_campaign_grows_while_it_runs(growing: Growing) -> None:
    run_dir, folder = growing.run_dir, growing.folder
    process = growing.start()
    eventually(lambda: len(growing.rows("SELECT 1 FROM result")) >= 3)
    growing.ask("pause", run_dir)

    known = folder / "known.csv"
    known.write_text("smiles,ip_eV\nO=C(F)F,14.5\nFC(F)F,15.3\n", encoding="utf-8")
    growing.ask("labels", "add", run_dir, known)
    eventually(lambda: growing.added() == ["2 labels, 0 over"])
    more = folder / "more.smi"
    more.write_text("FC#N\nNC(N)=O\nCCO\nCCCCC\n", encoding="utf-8")
    growing.ask("space", "add", run_dir, more)
    eventually(lambda: growing.added()[1:] == ["2 molecules, 2 over"])
    growing.ask("space", "grow", run_dir, "-n", "5", "--parents", "3", "--add")
    eventually(lambda: growing.added()[2:] == ["5 molecules, 0 over"])
    growing.ask("set", run_dir, "hit_above=13.9", "budget=12")
    growing.ask("resume", run_dir)

    assert process.wait(240) == 0, growing.output.read_text()
    status = growing.ask("status", run_dir)
    assert "added: 2 labels of known.csv" in status
    assert "adiabatic_ionization_potential@xtb.hit_above = 13.9" in status
    told = json.loads(growing.ask("status", run_dir, "--json"))
    assert [each["added"] for each in told["additions"]] == [2, 2, 5]
    assert "5 molecules of space grow" in (run_dir / "report.html").read_text(encoding="utf-8")
    growing.ask("verify", run_dir)


def test_mistakes_are_told_in_a_sentence_and_nothing_is_changed(growing: Growing) -> None:
    folder, run_dir = growing.folder, growing.run_dir
    assert "There is no campaign in" in growing.ask("labels", "add", run_dir, "x.csv", status=2)
    assert "There is no campaign in" in growing.ask("space", "add", run_dir, "x.smi", status=2)
    assert "Say either --add" in growing.ask("space", "grow", run_dir, status=2)
    assert not run_dir.exists()
    (folder / "campaign.toml").write_text(CAMPAIGN.replace("budget = 24", "budget = 2"))
    assert growing.start().wait(240) == 0, growing.output.read_text()
    before = sorted(run_dir.rglob("*"))
    (folder / "bad.csv").write_text("smiles,ip_eV\nCC,high\n")
    (folder / "bad.smi").write_text("CCO\nnonsense\n")
    table = ("labels", "add", run_dir, folder / "bad.csv")
    assert "'high' is not a number" in growing.ask(*table, status=2)
    assert "cannot be read" in growing.ask("labels", "add", run_dir, folder / "none", status=2)
    told = growing.ask("space", "add", run_dir, folder / "bad.smi", status=2)
    assert "There is no usable molecule" in told
    assert "hit_above" in growing.ask("set", run_dir, "hit_below=3", status=2)
    assert sorted(run_dir.rglob("*")) == before
    proposals = folder / "proposals.csv"
    told = growing.ask("space", "grow", run_dir, "-n", "10", "-o", proposals)
    assert "10 molecules in" in told
    first = proposals.read_bytes()
    growing.ask("space", "grow", run_dir, "-n", "10", "-o", proposals)
    assert proposals.read_bytes() == first
    assert sorted(run_dir.rglob("*")) == before
