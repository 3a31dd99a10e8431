"""Steering that is killed, doubled, flooded, or has no room to write."""

from __future__ import annotations

import json
import platform
import resource
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest
import redis
from support.command import molsteer
from support.external_campaign import ExternalCampaign
from support.toy_campaign import toy_space
from support.waiting import eventually

from molsteer.shared.bus.names import Keys
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.steering import run_directory
from molsteer.steering.ledger.ledger import Ledger

BUFFER = 2
"""Simulations that wait beyond the running ones, which is the default of `policy.buffer`."""

PUBLISHED = 2 + BUFFER
FLOOD = 400

CHUNKS = 4
"""Chunks of the space that tests share."""

PREDICTION = "task_id GLOB 'infer/*/*/*/*'"
"""In the ledger, what trained models do while others are being trained."""


@pytest.mark.parametrize(
    "failpoint", ["order-committed", "order-published", "outcome-read", "outcome-committed"]
)
def test_steering_is_killed_between_two_steps(campaign: ExternalCampaign, failpoint: str) -> None:
    with campaign.worker():
        for labels in (2, 8):
            campaign.hold(after=labels)
            with campaign.steered():
                campaign.await_labels(labels)
            campaign.release()
            with campaign.steered(f"{failpoint}:kill") as steering:
                assert steering.wait(240) == -signal.SIGKILL
        campaign.steer_to_the_end()
        campaign.assert_counted_once()


def test_steering_is_killed_in_every_phase_of_an_update(campaign: ExternalCampaign) -> None:
    campaign.with_updates()
    with campaign.worker_of_each_topic():
        for phase in (
            "task WHERE topic = 'train'",
            "task WHERE topic = 'infer'",
            "model WHERE generation = 2",
        ):
            with campaign.steered():
                eventually(partial(campaign.count, phase))
        campaign.steer_to_the_end()
        campaign.assert_counted_once()


@pytest.mark.parametrize("failpoint", ["request-read", "request-committed"])
def test_steering_is_killed_while_labels_molecules_and_thresholds_come(
    campaign: ExternalCampaign, failpoint: str
) -> None:
    campaign.with_updates()
    more, known = campaign.folder / "more.smi", campaign.folder / "known.csv"
    more.write_text("FF\nFCl\n")
    known.write_text(f"smiles,{ADIABATIC_IP}\nFC(F)(F)F,15.9\nFC(F)(F)C(F)(F)F,16.8\n")
    shared = {file: file.stat().st_mtime_ns for file in campaign.space.rglob("*")}
    campaign.hold(after=2)
    with campaign.worker_of_each_topic():
        with campaign.steered():
            campaign.await_labels(2)
        for command in (
            ("labels", "add", campaign.run_dir, known),
            ("space", "add", campaign.run_dir, more),
            ("set", campaign.run_dir, "hit_above=13.5"),
        ):
            answer = molsteer(*command)
            assert (answer.returncode, answer.stderr) == (0, "")
            with campaign.steered(f"{failpoint}:kill") as steering:
                assert steering.wait(240) == -signal.SIGKILL
        campaign.release()
        campaign.steer_to_the_end()
        campaign.assert_counted_once()
        assert campaign.rows("SELECT kind || ' ' || added FROM addition ORDER BY number") == [
            "labels 2",
            "molecules 2",
        ]
        assert campaign.count("result WHERE smiles IN ('FF', 'FCl')") == 2
        assert campaign.count("known_label") == 2
        (objectives,) = campaign.rows("SELECT value FROM fact WHERE name = 'objectives'")
        assert json.loads(objectives)[0]["hit"] == 13.5
        assert {file: file.stat().st_mtime_ns for file in campaign.space.rglob("*")} == shared


def test_the_checkpoint_of_the_policy_is_damaged(campaign: ExternalCampaign) -> None:
    campaign.hold(after=8)
    with campaign.worker():
        with campaign.steered():
            campaign.await_labels(8)
        campaign.release()
        with closing(Ledger(campaign.run_dir)) as ledger:
            assert campaign.count("checkpoint") == 1
            ledger.connection.execute("UPDATE checkpoint SET state = zeroblob(1000)")
        campaign.steer_to_the_end()
        assert "The whole journal is replayed instead." in campaign.log
        campaign.assert_counted_once()


def test_steering_is_killed_while_models_predict_in_advance(campaign: ExternalCampaign) -> None:
    campaign.with_early_predictions()
    campaign.hold_training()
    with campaign.worker_of_each_topic():
        for phase in (f"task WHERE {PREDICTION}", "predicted_chunk"):
            with campaign.steered():
                eventually(partial(campaign.count, phase))
        with campaign.steered():
            eventually(lambda: campaign.count("predicted_chunk") == CHUNKS)
        campaign.release_training()
        with campaign.steered():
            eventually(partial(campaign.count, f"task WHERE topic = 'infer' AND NOT {PREDICTION}"))
        campaign.steer_to_the_end()
        campaign.assert_counted_once()
        assert campaign.count(f"task WHERE {PREDICTION} AND status = 'ok'") >= CHUNKS
        assert campaign.count("predicted_chunk") == 0


def test_a_second_steering_is_started(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        with campaign.steered() as second:
            assert second.wait(240) == 1
        assert f"is in use by process {steering.pid} on " in campaign.log
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def test_a_copy_of_the_run_directory_is_started(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        await_published(campaign)
        copy = replace(campaign, folder=campaign.folder / "elsewhere")
        shutil.copytree(campaign.run_dir, copy.run_dir)
        with copy.steered() as second:
            assert second.wait(240) == 1
        told = f"is steered already, from process {steering.pid} on {platform.node()} in "
        assert told + str(campaign.run_dir) in copy.log
        assert "Traceback" not in copy.log
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def test_an_older_copy_of_the_run_directory_is_restored(campaign: ExternalCampaign) -> None:
    campaign.hold(after=4)
    kept = campaign.folder / "kept"
    with campaign.worker():
        with campaign.steered():
            campaign.await_labels(4)
        shutil.copytree(campaign.run_dir, kept)
        campaign.release()
        campaign.steer_to_the_end()
        shutil.rmtree(campaign.run_dir)
        shutil.copytree(kept, campaign.run_dir)
        assert campaign.count("result") < campaign.budget
        campaign.steer_to_the_end()
        assert "This run directory is older than what its server has seen" in campaign.log
        campaign.assert_counted_once(most_executions=2)


def test_the_disk_of_the_run_directory_is_full(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        await_published(campaign)
        log_of_ledger = campaign.run_dir / "ledger.sqlite-wal"
        limit_files(steering, log_of_ledger.stat().st_size)
        campaign.release()
        eventually(lambda: "Make room on its disk. Trying again" in campaign.log)
        eventually(lambda: campaign.executions == PUBLISHED)
        assert campaign.count("result") == 0
        with campaign.client() as client:
            # What could not be written down is still there.
            eventually(lambda: len(outcomes(client)) == PUBLISHED)
            assert client.llen(Keys(campaign.queue.prefix).queue("simulate")) == 0
        limit_files(steering, resource.RLIM_INFINITY)
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def test_another_program_locks_the_ledger(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        await_published(campaign)
        with closing(sqlite3.connect(campaign.run_dir / "ledger.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")
            campaign.release()
            eventually(lambda: "another program holds the lock of its ledger" in campaign.log)
            eventually(lambda: campaign.executions == PUBLISHED)
            assert campaign.count("result") == 0
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def test_steering_orders_much_more_than_workers_do(campaign: ExternalCampaign) -> None:
    campaign.budget, campaign.space = FLOOD, toy_space(campaign.folder, chains(FLOOD)).folder
    campaign.settings |= {
        "MOLSTEER_POLICY__SHORTLIST": str(FLOOD),
        "MOLSTEER_SIMULATE__SLOTS": str(FLOOD // 2),
    }
    campaign.hold()
    keys = Keys(campaign.queue.prefix)
    with campaign.worker("--processes", "2"), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 2)
        with campaign.client() as client:
            in_flight = FLOOD // 2 + BUFFER
            eventually(lambda: campaign.count("task WHERE state = 'dispatched'") == in_flight)
            # Workers take no more than they run; the others wait in the queue.
            eventually(lambda: client.hlen(keys.unacked("simulate")) == 2)
            eventually(lambda: client.llen(keys.queue("simulate")) == in_flight - 2)
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def test_everything_is_killed_and_started_again_while_paused(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered():
        await_published(campaign)
        assert molsteer("pause", campaign.run_dir).returncode == 0
        eventually(lambda: campaign.count("fact WHERE name = 'paused' AND value = 'true'"))
        campaign.release()
        campaign.await_labels(PUBLISHED)
    with campaign.worker(), campaign.steered() as steering:
        eventually(lambda: run_directory.is_held(campaign.run_dir))
        assert campaign.count("task") == campaign.executions == PUBLISHED
        assert molsteer("resume", campaign.run_dir).returncode == 0
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def await_published(campaign: ExternalCampaign) -> None:
    """Wait until a simulation has begun and steering knows that all that may were published."""
    eventually(lambda: campaign.executions == 1)
    eventually(lambda: campaign.count("task WHERE state = 'dispatched'") == PUBLISHED)


def limit_files(process: subprocess.Popen[bytes], limit_bytes: int) -> None:
    """Let a process's files grow no larger than this, as if the disk were full."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))


def outcomes(client: redis.Redis) -> list[object]:
    (key,) = client.keys("*:outcomes:*")
    return list(client.hkeys(key))


def chains(count: int) -> Iterator[str]:
    """Make molecules that differ."""
    ends = ("", "O", "N", "F", "Cl", "S", "Br", "C#N", "C=O", "C(=O)O")
    for length in range(1, 1 + count // len(ends)):
        yield from ("C" * length + end for end in ends)
