"""A campaign goes on with what its run directory knows, and from anywhere."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from support.command import molsteer, molsteer_in_background
from support.redis_server import PASSWORD, tcp_server
from support.waiting import eventually

MOLECULES = ["C", "N", "O", "CC", "CO", "CN", "CF", "C#N", "C=O", "C#C", "C=C", "CCO", "CC#N", "F"]

CAMPAIGN = """
[campaign]
name = "continued"
space = "molecules.smi"
budget = 8
[simulate]
slots = 1
[queue]
lease_s = 6.0
"""


def labels(run_dir: Path) -> int:
    uri = f"file:{run_dir / 'ledger.sqlite'}?mode=ro"
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(uri, uri=True)) as ledger:
        return int(ledger.execute("SELECT count(*) FROM result").fetchone()[0])
    return 0


def interrupt(run_dir: Path, output: Path, *command: str | Path, **environment: str) -> None:
    """Begin a campaign, and end its steering at once after two labels."""
    running = molsteer_in_background(*command, output=output, **environment)
    try:
        eventually(lambda: labels(run_dir) >= 2)
        running.send_signal(signal.SIGINT)
        eventually(lambda: "Stopping" in output.read_text())
        running.send_signal(signal.SIGINT)
        assert running.wait(240) == 130
    finally:
        running.kill()
        running.wait()


def test_an_interrupted_campaign_goes_on_without_its_files_and_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, elsewhere, run_dir = tmp_path / "begun", tmp_path / "elsewhere", tmp_path / "begun/run"
    for folder in (begun, elsewhere):
        folder.mkdir()
    (begun / "molecules.smi").write_text("\n".join(MOLECULES), encoding="utf-8")
    (begun / "campaign.toml").write_text(CAMPAIGN, encoding="utf-8")
    monkeypatch.chdir(begun)
    output = tmp_path / "output"
    interrupt(run_dir, output, "run", "campaign.toml", "--run-dir", "run")
    assert "or: molsteer continue run" in output.read_text()

    again = molsteer("run", "run")
    assert again.returncode == 2
    assert "Go on with it: molsteer continue run" in again.stderr

    for name in ("molecules.smi", "campaign.toml"):
        (begun / name).unlink()
    run_dir = run_dir.rename(elsewhere / "moved run")
    monkeypatch.chdir(elsewhere)

    fixed = molsteer(
        "continue", "moved run", "--run-dir", "a", "--seed", "5", MOLSTEER_TRAIN__WIDTH="8"
    )
    assert fixed.returncode == 2
    assert "[campaign] run_dir: it cannot be changed" in fixed.stderr
    assert "[campaign] seed: it cannot be changed when the campaign goes on" in fixed.stderr
    assert "MOLSTEER_TRAIN__WIDTH: it cannot be changed" in fixed.stderr
    assert "What may be changed when a campaign goes on: campaign.budget, " in fixed.stderr
    assert "What may not: everything else" in fixed.stderr

    ended = molsteer("continue", "moved run")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Ended: budget-reached" in ended.stdout
    assert labels(run_dir) == 8

    reached = molsteer("continue", "moved run")
    assert reached.returncode == 2
    larger = "molsteer continue 'moved run' --budget 16"
    assert f"has reached its budget of 8 simulations. Give it more: {larger}" in reached.stderr

    more = ("--budget", "9", "--policy-beta", "0.5", "--simulate-slots", "2")
    further = molsteer("continue", "moved run", *more)
    assert further.returncode == 0, further.stdout + further.stderr
    assert labels(run_dir) == 9
    kept = json.loads((run_dir / "settings.json").read_text())
    assert kept["campaign"]["budget"] == 8
    assert not any((run_dir / "requests").iterdir())


def test_the_server_and_its_user_are_known_and_the_password_comes_from_where_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "molecules.smi").write_text("\n".join(MOLECULES), encoding="utf-8")
    (tmp_path / "redis").mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "password").chmod(0o600)
    run_dir = tmp_path / "run"
    with tcp_server(tmp_path / "redis") as server:
        address = f"redis://127.0.0.1:{server.port}/0"
        access = ("--queue-redis-url", address, "--queue-password-file", "password")
        begin = ("run", "--space", "molecules.smi", "--budget", "8", "--run-dir", run_dir)
        interrupt(run_dir, tmp_path / "output", *begin, "--simulate-slots", "1", *access)
        assert PASSWORD not in (run_dir / "settings.json").read_text()
        monkeypatch.chdir("/")
        ended = molsteer("continue", run_dir)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert labels(run_dir) == 8


def test_a_request_of_a_campaign_that_cannot_go_on_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "molecules.smi").write_text("\n".join(MOLECULES), encoding="utf-8")
    run_dir = tmp_path / "run"
    begin = ("run", "--space", tmp_path / "molecules.smi", "--budget", "2", "--run-dir", run_dir)
    assert molsteer(*begin, "--simulate-slots", "1").returncode == 0
    nowhere = ("--queue-redis-url", "redis://127.0.0.1:1/0")
    refused = molsteer("continue", run_dir, "--budget", "4", *nowhere)
    assert refused.returncode == 2
    assert "Redis at 127.0.0.1:1/0 cannot be used" in refused.stderr
    assert json.loads(molsteer("status", run_dir, "--json").stdout)["budget"] == 2
    assert not any((run_dir / "requests").iterdir())
