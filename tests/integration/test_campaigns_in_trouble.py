"""Campaigns that cannot go on as planned end or wait, and say why."""

from __future__ import annotations

import json
import platform
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from support.command import molsteer, molsteer_in_background
from support.other_version import PROTOCOL, VERSION, other_version
from support.redis_server import TcpServer, tcp_server
from support.waiting import eventually
from support.worker_process import running_worker

from molsteer.shared.bus.connection import connect
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_url import ServerUrl
from molsteer.shared.wire.messages import PROTOCOL as OURS
from molsteer.steering.ledger.ledger import Ledger

EXTERNAL = ("--workers-server", "external", "--workers-local", "false")
SMALL = ["C", "N", "O", "CO", "C=O", "C#N", "CC", "CN"]

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "molecules.smi").write_text("\n".join(SMALL))
    (tmp_path / "few.smi").write_text("C\nN\nO\n")
    return tmp_path


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TcpServer]:
    (folder / "redis").mkdir()
    with tcp_server(folder / "redis") as running:
        monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", running.url)
        yield running


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Start a command whose output goes to the file `output`, and end it afterwards."""
    with ExitStack() as stack:

        def begin(*arguments: str) -> subprocess.Popen[bytes]:
            process = molsteer_in_background(*arguments, output=folder / "output")
            stack.callback(process.wait, 120)
            stack.callback(process.kill)
            return process

        yield begin


def test_a_campaign_that_runs_out_of_candidates_ends_well_and_says_so(folder: Path) -> None:
    ended = molsteer("run", "--space", "few.smi", "--budget", "10")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "the search space has no molecule left to simulate." in ended.stdout
    assert "random start: 3 molecules" in ended.stdout


@pytest.mark.parametrize(
    ("space", "given_up"), [("few.smi", 3), ("molecules.smi", 4)], ids=["whole space", "in a row"]
)
def test_a_campaign_whose_every_simulation_fails_stops_early_with_the_common_cause(
    folder: Path, space: str, given_up: int
) -> None:
    # One at a time, for of several that end together more than the limit may have failed.
    alone = ("--simulate-slots", "1", "--policy-buffer", "0")
    settings = ("--simulate-max-steps", "1", "--policy-failure-limit", "4", *alone)
    ended = molsteer("run", "--space", space, *settings)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "Ended: failing. Of " in ended.stdout
    assert " are not-converged. The last of these: " in ended.stdout
    assert "Best molecules" not in ended.stdout
    progress = json.loads(molsteer("status", "runs/campaign", "--json").stdout)
    assert progress["given_up"] == given_up


def test_a_worker_of_another_version_is_told_within_seconds(
    folder: Path, server: TcpServer, start: Start
) -> None:
    newer = other_version(folder / "newer")
    with running_worker(QueueSettings(redis_url=server.url), folder, **newer) as worker:
        start("run", "--space", "molecules.smi", *EXTERNAL)
        told = f"simulate: process {worker.pid} on {platform.node()} runs molsteer {VERSION}, this"
        eventually(lambda: told in (folder / "output").read_text())
        nobody = "No worker serves the pool 'default' of train"
        eventually(lambda: nobody in (folder / "output").read_text())
        put_aside = (
            f"The newest: The message speaks protocol {OURS}, this process speaks {PROTOCOL}."
        )
        eventually(lambda: put_aside in (folder / "output").read_text())


def test_a_campaign_that_nobody_works_for_ends_when_it_is_told_to_and_takes_its_tasks_back(
    folder: Path, server: TcpServer, start: Start
) -> None:
    command = ("run", "--space", "molecules.smi", "--simulate-slots", "3", *EXTERNAL)
    with connect(ServerUrl(server.url)) as client:
        steering = start(*command)
        queue = Keys(server.queue.prefix).queue("simulate")
        eventually(lambda: client.llen(queue) == 5)
        steering.terminate()
        assert steering.wait(240) == 130, (folder / "output").read_text()
        assert not client.exists(queue)
        assert (folder / "runs/campaign/report.md").exists()
        assert "simulations in flight (0) have ended" in (folder / "output").read_text()
        start(*command)
        eventually(lambda: client.llen(queue) == 5)


def test_workers_that_have_no_keys_are_told_of_where_the_campaign_runs(
    folder: Path, server: TcpServer, start: Start
) -> None:
    assert molsteer("keys", "new", "keys.json").returncode == 0
    start("run", "--space", "molecules.smi", "--queue-keys-file", "keys.json", *EXTERNAL)
    start("worker", "simulate", "--processes", "1")
    told = "The newest: The message is signed, but no keys are here."
    eventually(lambda: told in (folder / "output").read_text())


def test_a_search_space_that_is_replaced_under_a_campaign_ends_it_and_not_its_results(
    folder: Path, server: TcpServer, start: Start
) -> None:
    def build(source: str, *options: str) -> None:
        assert molsteer("space", "build", source, "-o", "space", *options).returncode == 0

    build("molecules.smi")
    command = ("run", "--space", "space", "--policy-first-training-after", "3", *EXTERNAL)
    steering = start(*command)
    eventually((folder / "runs/campaign/logs/steering.jsonl").exists)
    build("few.smi", "--force")
    start("worker", "simulate", "--processes", "1")
    assert steering.wait(240) == 2, (folder / "output").read_text()
    said = (folder / "output").read_text()
    assert "The search space space was replaced while it was in use." in said
    assert "Traceback" not in said
    assert molsteer("verify", "runs/campaign").returncode == 0

    refused = molsteer(*command)
    assert refused.returncode == 2
    assert "campaign.space is" in refused.stderr

    build("molecules.smi", "--force")
    labels = json.loads(molsteer("status", "runs/campaign", "--json").stdout)["done"]
    start(*command)
    with closing(sqlite3.connect("runs/campaign/ledger.sqlite")) as ledger:
        ordered = "SELECT count(*) FROM task WHERE topic = 'train' AND publishes > 0"
        eventually(lambda: ledger.execute(ordered).fetchone() == (1,))
        assert ledger.execute("SELECT count(*) FROM result").fetchone()[0] >= labels


def test_a_ledger_of_a_newer_version_is_told_and_not_touched(folder: Path) -> None:
    file = folder / "run" / "ledger.sqlite"
    file.parent.mkdir()
    Ledger(file.parent, create=True).close()
    with closing(sqlite3.connect(file)) as ledger:
        ledger.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    start_again = ("run", "--space", "few.smi", "--run-dir", "run")
    for command in (start_again, *((name, "run") for name in ("status", "verify", "pause"))):
        refused = molsteer(*command)
        assert refused.returncode == 2
        assert "has version 99, this molsteer reads version" in refused.stderr
        assert "Use the molsteer version that wrote it." in refused.stderr
    assert file.read_bytes() == before
