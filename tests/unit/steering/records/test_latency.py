from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.wire.messages import ErrorRecord, Failed, Outcome
from molsteer.steering.errors import NothingMeasured
from molsteer.steering.ledger import tasks
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.commands import (
    Dispatch,
    DispatchInference,
    DispatchSimulation,
    DispatchTraining,
)
from molsteer.steering.policy.events import SlotsChanged
from molsteer.steering.records.durations import Distribution
from molsteer.steering.records.latency import read_latencies
from molsteer.steering.report.latency_markdown import render_latencies
from molsteer.steering.report.write import LATENCY, write_text

pytestmark = pytest.mark.fast

BROKEN = ErrorRecord(code="scf-failed", message="No density.", retryable=False)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Give a ledger of a campaign with two chunks and two simulation slots."""
    plan = {
        "budget": 3, "slots_simulate": 2, "slots_train": 1, "slots_infer": 1, "buffer": 0,
        "shortlist": 3, "first_training_after": 1, "retrain_after": 1, "during_update": "continue",
        "warm_start": False, "merge": "progressive", "members": 1, "space_size": 15,
        "chunk_size": 10, "attempts": 1, "failure_limit": 1,
    }  # fmt: skip
    with closing(Ledger(tmp_path, create=True)) as opened:
        with opened.transaction():
            opened.set_fact("plan", plan)
        yield opened


def record(
    ledger: Ledger, command: Dispatch, moments: tuple[float, ...], worker: str, *, ok: bool = True
) -> None:
    """Note a whole task: created, dispatched, started, ended, reported, settled."""
    created_at, dispatched_at, started_at, ended_at, reported_at, settled_at = moments
    outcome = Outcome(
        campaign="toy",
        task_id=command.task_id,
        attempt=1,
        start=1,
        worker=worker,
        started_at=started_at,
        ended_at=ended_at,
        reported_at=reported_at,
        result=Failed(status="error", error=BROKEN),
    )
    with ledger.transaction() as connection:
        tasks.order(ledger, command, created_at)
        tasks.dispatched(ledger, command.task_id, dispatched_at, sent_bytes=100)
        tasks.settle(ledger, outcome, BROKEN, settled_at, received_bytes=5000)
        if ok:
            connection.execute(
                "UPDATE task SET status = 'ok', error = NULL WHERE task_id = ?", (command.task_id,)
            )


def same(duration_s: float, count: int) -> Distribution:
    return Distribution(count, duration_s, duration_s, duration_s)


def test_every_interval_is_that_of_the_tasks_that_succeeded(ledger: Ledger) -> None:
    record(ledger, DispatchSimulation(1, "xtb"), (0.0, 1.0, 3.0, 7.0, 15.0, 31.0), "a")
    record(ledger, DispatchSimulation(2, "xtb"), (0.0, 1.0, 3.0, 7.0, 15.0, 31.0), "b")
    record(ledger, DispatchSimulation(3, "xtb"), (0.0, 9.0, 9.0, 9.0, 9.0, 9.0), "b", ok=False)
    simulate, train, _ = read_latencies(ledger).topics
    assert simulate.intervals == {
        "publish": same(1.0, 2),
        "wait": same(2.0, 2),
        "run": same(4.0, 2),
        "report": same(8.0, 2),
        "reaction": same(16.0, 2),
    }
    assert set(train.intervals.values()) == {None}
    assert (simulate.tasks, simulate.sent_bytes, simulate.received_bytes) == (3, 300, 15000)


def test_slots_are_used_by_all_tasks_while_they_are_there(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.append(SlotsChanged(10.0, "simulate", 4))
        ledger.append(SlotsChanged(10.0, "train", 9))
    record(ledger, DispatchSimulation(1, "xtb"), (0.0, 0.0, 1.0, 11.0, 13.0, 14.0), "a")
    record(ledger, DispatchSimulation(2, "xtb"), (0.0, 0.0, 2.0, 8.0, 8.0, 20.0), "b", ok=False)
    latencies = read_latencies(ledger)
    simulate = latencies.topics[0]
    assert latencies.elapsed_s == 20.0
    assert simulate.busy_s == 12.0 + 6.0
    assert simulate.slot_time_s == 2 * 10.0 + 4 * 10.0
    assert simulate.utilisation == pytest.approx(0.3)


def test_decisions_and_idle_simulators_are_measured_between_tasks(ledger: Ledger) -> None:
    record(ledger, DispatchSimulation(1, "xtb"), (0.0, 0.0, 1.0, 4.0, 5.0, 6.0), "a")
    record(ledger, DispatchSimulation(2, "xtb"), (6.0, 8.0, 9.0, 12.0, 12.0, 13.0), "a")
    latencies = read_latencies(ledger)
    assert latencies.decision == same(2.0, 1)
    assert latencies.simulator_idle == same(4.0, 1)


def test_an_update_counts_from_its_first_training_to_its_last_chunk(ledger: Ledger) -> None:
    training = DispatchTraining(1, 0, (0,), labels=1, warm=False)
    record(ledger, training, (0.0, 1.0, 2.0, 3.0, 3.0, 4.0), "t")
    record(ledger, DispatchInference(1, 0), (4.0, 5.0, 6.0, 7.0, 7.0, 8.0), "i")
    assert read_latencies(ledger).update is None  # the other chunk is not there yet
    record(ledger, DispatchInference(1, 1), (4.0, 5.0, 6.0, 7.0, 7.0, 9.0), "i")
    assert read_latencies(ledger).update == same(8.0, 1)


def test_an_update_that_was_taken_back_does_not_count(ledger: Ledger) -> None:
    training = DispatchTraining(1, 0, (0,), labels=1, warm=False)
    record(ledger, training, (0.0, 1.0, 2.0, 3.0, 3.0, 4.0), "t")
    record(ledger, DispatchInference(1, 0), (4.0, 5.0, 6.0, 7.0, 7.0, 8.0), "i")
    with ledger.transaction():
        tasks.order(ledger, DispatchInference(1, 1), 8.0)
        tasks.revoke(ledger, ["infer/1/1/1"])
    assert read_latencies(ledger).update is None


def test_nothing_can_be_measured_before_a_task_has_ended(ledger: Ledger) -> None:
    with ledger.transaction():
        tasks.order(ledger, DispatchSimulation(1, "xtb"), 0.0)
    with pytest.raises(NothingMeasured, match="No task of this campaign has ended yet"):
        read_latencies(ledger)


def test_the_latencies_of_a_whole_campaign_are_told_and_written(tmp_path: Path) -> None:
    space = toy_space(tmp_path)
    toy = ToyCampaign(tmp_path, space, toy_plan(space, slots_infer=4))
    toy.run_to_the_end(toy.steering())
    latencies = read_latencies(toy.open_ledger())
    assert latencies.topics[0].intervals["run"] == same(1.0, 24)
    assert latencies.update is not None
    assert json.loads(json.dumps(asdict(latencies)))["topics"][1]["topic"] == "train"
    written = write_text(tmp_path / LATENCY, render_latencies(latencies, "toy")).read_text()
    assert written.startswith("# Latencies of campaign toy\n")
    line = next(line for line in written.splitlines() if line.startswith("| simulate | run "))
    assert [cell.strip() for cell in line.split("|")[1:-1]] == [
        "simulate", "run", "started", "ended", "24", "1.000", "1.000", "1.000",
    ]  # fmt: skip
    weights = [use for use in latencies.stores if (use.topic, use.operation) == ("train", "put")]
    assert {use.side: use.count for use in weights}["worker"] == latencies.topics[1].tasks
    rows = [[cell.strip() for cell in line.split("|")] for line in written.splitlines()]
    assert any(row[1:5] == ["train", "worker", "redis", "get"] for row in rows)


def test_a_ranking_by_models_that_were_given_is_no_update(ledger: Ledger) -> None:
    for chunk in range(2):
        record(ledger, DispatchInference(1, chunk), (0.0, 1.0, 3.0, 7.0, 15.0, 31.0), "a")
    assert read_latencies(ledger).update is None
