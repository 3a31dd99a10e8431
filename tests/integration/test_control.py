"""A running campaign obeys the commands of another terminal."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
from support.command import molsteer, molsteer_in_background
from support.processes import below
from support.waiting import eventually

MOLECULES = [
    *("C", "N", "O", "CC", "CO", "CN", "CF", "C#N", "C=O", "C#C", "C=C", "CCO", "CC#N", "CC=O"),
    *("NC=O", "OC=O", "COC", "CNC", "CCF", "FCF", "C1CC1", "C1CO1", "N#CC#N", "CC(C)C", "CCCC"),
    *("CC(=O)C", "CC(=O)O", "CC(=O)N", "OCCO", "NCCN", "FC(F)F", "CCC#N", "C1CCC1", "C1CCO1"),
]

CAMPAIGN = """
[campaign]
name = "controlled"
space = "molecules.smi"
budget = 30
[policy]
first_training_after = 25
[simulate]
slots = 1
[train]
members = 2
epochs = 5
[queue]
lease_s = 6.0
"""


class Session:
    """A campaign that a user starts again and again."""

    def __init__(self, folder: Path) -> None:
        (folder / "molecules.smi").write_text("\n".join(MOLECULES), encoding="utf-8")
        (folder / "campaign.toml").write_text(CAMPAIGN, encoding="utf-8")
        self.run_dir, self.output = folder / "run", folder / "output"
        self.command = ("run", folder / "campaign.toml", "--run-dir", self.run_dir)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = molsteer_in_background(*self.command, output=self.output)

    def end(self) -> int:
        assert self.process is not None
        return self.process.wait(240)

    def ask(self, action: str, *arguments: str, status: int = 0) -> str:
        answer = molsteer(action, self.run_dir, *arguments)
        assert answer.returncode == status, answer.stdout + answer.stderr
        return answer.stdout + answer.stderr

    def await_answer(self, expected: str, action: str, *arguments: str) -> None:
        """Ask, again while steering is too busy to answer in time, until it answers so."""
        eventually(lambda: expected in self.ask(action, *arguments))

    def count(self, what: str) -> int:
        uri = f"file:{self.run_dir / 'ledger.sqlite'}?mode=ro"
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(uri, uri=True)) as ledger:
            return int(ledger.execute(f"SELECT count(*) FROM {what}").fetchone()[0])  # noqa: S608
        return 0

    def labels(self) -> int:
        return self.count("result")

    def in_flight(self) -> int:
        return self.count("task WHERE state = 'dispatched'")

    def processes(self, topic: str) -> int:
        assert self.process is not None
        count = 0
        for each in below(self.process.pid, f" worker {topic}"):
            with suppress(psutil.Error):  # one that is just ending
                if each.ppid() == self.process.pid:
                    line = each.cmdline()
                    count += int(line[line.index("--processes") + 1])
        return count


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    session = Session(tmp_path)
    yield session
    if session.process is not None and session.process.poll() is None:
        session.process.terminate()
        session.process.terminate()
        session.process.wait(240)


def test_a_campaign_is_paused_changed_stopped_and_resumed_from_another_terminal(
    session: Session,
) -> None:
    session.start()
    eventually(lambda: session.labels() >= 2)

    session.await_answer("Paused: nothing new begins", "pause")
    eventually(lambda: session.in_flight() == 0)
    held_at = session.labels()
    assert "paused, running" in session.ask("status")
    session.await_answer(
        "simulate.slots = 2\ncampaign.budget = 28\npolicy.beta = 0.5\n",
        *("set", "slots.simulate=2", "budget=28", "beta=0.5"),
    )
    eventually(lambda: session.processes("simulate") == 2)
    session.process.terminate()
    assert session.end() == 130
    assert session.labels() == held_at

    session.start()
    changes = "simulate.slots = 2, campaign.budget = 28, policy.beta = 0.5"
    eventually(lambda: f"As changed with `molsteer set`: {changes}." in session.output.read_text())
    eventually(lambda: re.search(r"/28 simulated.*\| paused", session.output.read_text()))
    assert "paused, running" in session.ask("status")
    session.await_answer("The campaign goes on.", "resume")
    eventually(lambda: session.labels() > held_at)

    answer = session.ask("stop", "--now")
    assert "The campaign has ended: stopped." in answer or "is busy" in answer
    assert session.end() == 0
    assert f"`molsteer resume {session.run_dir}`" in session.output.read_text()
    assert "has ended (stopped); the request counts" in session.ask("resume")

    ended = molsteer(*session.command)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Ended: budget-reached" in ended.stdout
    assert session.labels() == json.loads(session.ask("status", "--json"))["budget"] == 28


def test_mistakes_are_told_in_a_sentence(session: Session) -> None:
    assert "There is no campaign in" in session.ask("pause", status=2)
    message = session.ask("set", "bugdet=7", "beta=high", status=2)
    assert "bugdet: it cannot be changed" in message
    assert "policy.beta: must be a number" in message
