"""A judge that cannot convict is worth nothing: every wrong that is planted is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from chaos.verdict import Evidence, Execution, Label, OrderedTask, judge
from chaos.witness import executions

from molsteer.shared.wire.catalogue import ADIABATIC_IP

pytestmark = pytest.mark.fast


def label(molecule: str, smiles: str, value: float, attempt: int = 1) -> Label:
    return Label(f"simulate/{molecule}/xtb/{attempt}", "xtb", ADIABATIC_IP, smiles, value)


LABELS = [label("0", "C", 13.9), label("3", "F", 14.5)]
GOOD = Evidence(
    tasks=[
        OrderedTask("simulate/0/xtb/1", "simulate/xtb/C", "settled", 1),
        OrderedTask("simulate/3/xtb/1", "simulate/xtb/F", "settled", 2),
        OrderedTask("train/1/0/1", "train/1/0,1", "revoked", 0),
    ],
    labels=LABELS,
    seen=LABELS,
    published={"simulate/0/xtb/1", "simulate/3/xtb/1"},
    ends=["simulate/0/xtb/1", "simulate/3/xtb/1"],
    executions=[
        Execution("simulate/xtb/C", 7, 1.0, 1.1),
        Execution("simulate/xtb/F", 8, 1.0, None),
        Execution("simulate/xtb/F", 7, 2.0, 2.1),
    ],
    excuses_s=[],
    lease_s=3.0,
    longest_stall_s=4.0,
    complaints=[],
)


def with_state(evidence: Evidence, state: str) -> Evidence:
    first, *others = evidence.tasks
    return replace(evidence, tasks=[first._replace(state=state), *others])


def overlapping(began_s: float, excuses_s: list[float]) -> Evidence:
    twice = [
        Execution("simulate/xtb/C", 7, 10.0, 19.0),
        Execution("simulate/xtb/C", 8, began_s, began_s + 1.0),
    ]
    return replace(GOOD, executions=twice, excuses_s=excuses_s)


def test_a_campaign_that_did_everything_is_acquitted_and_repetitions_are_counted() -> None:
    verdict = judge(GOOD)
    assert verdict.holds
    assert json.loads(verdict.to_json(faults=9, seed=1)) == {
        "tasks": 3,
        "faults": 9,
        "missing": 0,
        "doubled": 0,
        "reexecuted": 1,
        "longest_stall_s": 4.0,
        "seed": 1,
    }


@pytest.mark.parametrize(
    "plant",
    [
        lambda good: with_state(good, "dispatched"),
        lambda good: with_state(good, "ready"),
        lambda good: replace(good, ends=good.ends[1:]),
        lambda good: replace(good, published={*good.published, "simulate/9/xtb/1"}),
        lambda good: replace(good, labels=good.labels[1:]),
        lambda good: replace(good, labels=[good.labels[0]._replace(value=9.0), good.labels[1]]),
        lambda good: replace(good, executions=[Execution("simulate/xtb/N", 7, 1.0, 2.0)]),
    ],
)
def test_whatever_is_lost_is_missing(plant: Callable[[Evidence], Evidence]) -> None:
    verdict = judge(plant(GOOD))
    assert len(verdict.missing) == 1
    assert not verdict.holds


@pytest.mark.parametrize(
    "plant",
    [
        lambda good: replace(good, ends=[*good.ends, good.ends[0]]),
        lambda good: replace(good, labels=[*good.labels, label("0", "N", 14.0)]),
        lambda good: replace(good, labels=[*good.labels, label("0", "C", 13.9, attempt=2)]),
    ],
)
def test_whatever_counts_twice_is_doubled(plant: Callable[[Evidence], Evidence]) -> None:
    verdict = judge(plant(GOOD))
    assert len(verdict.doubled) == 1
    assert not verdict.holds


@pytest.mark.parametrize(
    "plant",
    [
        lambda good: replace(good, complaints=["The ledger is damaged."]),
        lambda good: replace(good, longest_stall_s=61.0),
        lambda good: replace(
            good, tasks=[good.tasks[0]._replace(starts=32), *good.tasks[1:]], executions=[]
        ),
        lambda good: replace(good, labels=[label("0", "C", 9.9), good.labels[1]], seen=[]),
        lambda _good: overlapping(11.0, excuses_s=[]),
    ],
)
def test_whatever_else_must_not_be_breaks_the_verdict(
    plant: Callable[[Evidence], Evidence],
) -> None:
    verdict = judge(plant(GOOD))
    assert (verdict.missing, verdict.doubled, len(verdict.broken)) == ((), (), 1)
    assert not verdict.holds


def test_work_may_be_done_by_two_after_the_lease_or_after_redis_forgot_it() -> None:
    assert judge(overlapping(13.0, excuses_s=[])).holds
    assert judge(overlapping(11.0, excuses_s=[10.5])).holds


def test_the_journal_tells_work_that_ended_from_work_that_was_cut_off(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.write_text(
        "simulate/xtb/C 7 began 1.0\n"
        "simulate/xtb/F 8 began 1.5\n"
        "simulate/xtb/C 7 ended 2.0\n"
        "simulate/xtb/F 8 began 3.0\n"
    )
    assert sorted(executions(journal)) == [
        Execution("simulate/xtb/C", 7, 1.0, 2.0),
        Execution("simulate/xtb/F", 8, 1.5, None),
        Execution("simulate/xtb/F", 8, 3.0, None),
    ]
