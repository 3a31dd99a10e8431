"""Whole campaigns with real chemistry, a real network and real processes, and their crashes."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest
from qcelemental.models import AtomicResult, OptimizationResult
from support.command import molsteer, molsteer_in_background
from support.processes import below
from support.waiting import eventually

from molsteer.shared.bus.connection import connect
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.properties import Output
from molsteer.steering.start.training_set import read_training_set

EXAMPLES = Path(__file__).parents[2] / "examples"
BUDGET = 24

# Small molecules, so that a campaign takes a minute; the last line is for the ones that cannot be.
MOLECULES = [
    *("C", "N", "O", "CC", "CO", "CN", "CF", "C#N", "C=O", "FF", "N#N", "C#C", "C=C", "CCO"),
    *("CC#N", "CC=O", "NC=O", "OC=O", "COC", "CNC", "CCF", "FCF", "C1CC1", "C1CO1", "N#CC#N"),
    *("CC(C)C", "CCCC", "CC(=O)C", "CC(=O)O", "CC(=O)N", "OCCO", "NCCN", "FC(F)F", "CCC#N"),
    *("C1CCC1", "C1CCO1", "O=C=O", "CC#C", "C=CC=C", "C=CC", "COC=O", "CCOC", "FC=C", "OO"),
]

CAMPAIGN = f"""
[campaign]
name = "small"
space = "molecules.smi"
budget = {BUDGET}
[policy]
first_training_after = 8
retrain_after = 8
shortlist = 20
[train]
members = 2
epochs = 15
[queue]
lease_s = 6.0
"""


@pytest.fixture
def campaign_file(tmp_path: Path) -> Path:
    (tmp_path / "molecules.smi").write_text("\n".join(MOLECULES), encoding="utf-8")
    file = tmp_path / "campaign.toml"
    file.write_text(CAMPAIGN, encoding="utf-8")
    return file


@contextmanager
def reading(run_dir: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{run_dir / 'ledger.sqlite'}?mode=ro", uri=True)) as ledger:
        yield ledger


def count(run_dir: Path, what: str) -> int:
    if not (run_dir / "ledger.sqlite").exists():
        return 0
    try:
        with reading(run_dir) as ledger:
            return int(ledger.execute(f"SELECT count(*) FROM {what}").fetchone()[0])  # noqa: S608
    except sqlite3.OperationalError:
        return 0


def assert_every_simulation_counts_once(run_dir: Path) -> None:
    with reading(run_dir) as ledger:
        molecules = [row[0] for row in ledger.execute("SELECT molecule FROM result")]
        assert len(molecules) == len(set(molecules)) == BUDGET
        finished = ledger.execute("SELECT value FROM fact WHERE name = 'finished'").fetchone()
    assert json.loads(finished[0]) == "budget-reached"


def assert_the_records_are_valid_qcschema(run_dir: Path) -> None:
    exported = molsteer("export", run_dir, "--format", "qcschema")
    assert exported.returncode == 0, exported.stderr
    archive = run_dir / "export-qcschema" / "records.jsonl"
    documents = [json.loads(line) for line in archive.read_text(encoding="utf-8").splitlines()]
    assert len(documents) == 3 * BUDGET
    for document in documents:
        vertical = document["id"].endswith("/vertical")
        assert (AtomicResult if vertical else OptimizationResult)(**document).success


def assert_the_records_are_a_training_set(run_dir: Path) -> None:
    known = read_training_set(
        run_dir / "export-qcschema" / "records.jsonl",
        Output(name=ADIABATIC_IP, level="xtb", unit="eV"),
    )
    with reading(run_dir) as ledger:
        labels = ledger.execute(
            "SELECT smiles, value FROM label JOIN result USING (number)"
            " WHERE property = ? ORDER BY number",
            (ADIABATIC_IP,),
        ).fetchall()
    assert [(label.smiles, label.value) for label in known] == labels


def assert_messages_are_signed(process_id: int) -> Path:
    """Look into the queue of a campaign as its workers do; give their key file."""
    worker = eventually(lambda: below(process_id, " worker simulate"))[0]
    environment = worker.environ()
    keys_file = Path(environment["MOLSTEER_QUEUE__KEYS_FILE"])
    assert stat.S_IMODE(keys_file.stat().st_mode) == 0o600
    with connect(environment["MOLSTEER_QUEUE__REDIS_URL"]) as client:
        (message, *_) = eventually(lambda: client.lrange("molsteer.simulate", 0, 0))
    assert json.loads(message)["body"].startswith('[["HS256 simulate-')
    return keys_file


def test_a_campaign_ends_with_a_report_and_leaves_nothing_behind(
    campaign_file: Path, tmp_path: Path
) -> None:
    run_dir = tmp_path / "run"
    ended = molsteer("run", campaign_file, "--run-dir", run_dir)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert_every_simulation_counts_once(run_dir)
    assert f"Report: {run_dir / 'report.html'}" in ended.stdout
    assert "random start:" in ended.stdout
    assert "chosen by the models:" in ended.stdout
    report = (run_dir / "report.md").read_text()
    assert "## Best molecules" in report
    assert (run_dir / "discovery.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((run_dir / "records" / "xtb").iterdir())) == BUDGET
    assert not [path for path in (run_dir / "objects").rglob("*") if path.is_file()]
    assert count(run_dir, "model WHERE generation = 1") >= 1
    with reading(run_dir) as ledger:
        moments = ledger.execute(
            "SELECT created_at <= dispatched_at, dispatched_at <= started_at,"
            " started_at <= ended_at, ended_at <= reported_at, reported_at <= settled_at"
            " FROM task WHERE status = 'ok'"
        ).fetchall()
    assert moments
    assert all(all(row) for row in moments)

    assert_the_records_are_valid_qcschema(run_dir)
    assert_the_records_are_a_training_set(run_dir)
    latency = json.loads(molsteer("report", run_dir, "--latency", "--json").stdout)
    assert 0.0 < latency["topics"][0]["utilisation"] <= 1.0
    assert latency["topics"][0]["intervals"]["run"]["count"] == BUDGET
    assert latency["update"]["count"] >= 1

    status = molsteer("status", run_dir, "--json")
    assert json.loads(status.stdout)["done"] == BUDGET

    again = molsteer("run", campaign_file, "--run-dir", run_dir)
    assert again.returncode == 0
    assert_every_simulation_counts_once(run_dir)


def test_a_campaign_survives_the_death_of_workers_server_and_steering(
    campaign_file: Path, tmp_path: Path
) -> None:
    run_dir, output = tmp_path / "run", tmp_path / "output"
    command = ("run", campaign_file, "--run-dir", run_dir)

    steering = molsteer_in_background(*command, output=output)
    eventually(lambda: count(run_dir, "result") >= 3)
    workers = [
        worker
        for worker in below(steering.pid, " worker simulate")
        if worker.parent() == psutil.Process(steering.pid)
    ]
    assert workers
    workers[0].kill()  # the worker's main process, and with it what it runs
    labels = count(run_dir, "result")
    eventually(lambda: count(run_dir, "result") >= labels + 2)

    servers = below(steering.pid, "-server ")
    assert servers
    for server in servers:
        server.kill()  # with everything that was in the queues
    labels = count(run_dir, "result")
    eventually(lambda: count(run_dir, "result") >= labels + 2)

    orphans = below(steering.pid)
    os.kill(steering.pid, signal.SIGKILL)
    steering.wait()
    _, alive = psutil.wait_procs(orphans, timeout=240)
    assert not alive, [process.cmdline() for process in alive]

    ended = molsteer(*command)
    assert ended.returncode == 0, ended.stdout + ended.stderr + output.read_text()
    assert_every_simulation_counts_once(run_dir)


def test_an_interrupted_campaign_says_so_and_goes_on(campaign_file: Path, tmp_path: Path) -> None:
    run_dir, output = tmp_path / "run", tmp_path / "output"
    command = ("run", campaign_file, "--run-dir", run_dir)
    steering = molsteer_in_background(*command, output=output)
    eventually(lambda: count(run_dir, "result") >= 2)
    keys_file = assert_messages_are_signed(steering.pid)
    steering.send_signal(signal.SIGINT)
    assert steering.wait(240) == 130
    assert not keys_file.exists()
    said = output.read_text()
    assert re.search(r"Stopping when .* in flight \(\d+\) have ended. Ctrl-C again ends at", said)
    assert "the same command goes on" in said
    settled = count(run_dir, "result")
    assert count(run_dir, "task WHERE topic = 'simulate' AND state = 'dispatched'") == 0
    steering = molsteer_in_background(*command, output=output)
    eventually(lambda: count(run_dir, "result") > settled)
    steering.send_signal(signal.SIGINT)
    steering.send_signal(signal.SIGINT)
    assert steering.wait(240) == 130
