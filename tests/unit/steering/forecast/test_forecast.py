"""A campaign on a virtual clock costs what it would cost, and a policy is told from another."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from support.made_ledgers import HIGH_IP, IP, Made, add_models, made_ledger

from molsteer.shared.cli.main import molsteer
from molsteer.shared.errors import UserError
from molsteer.steering.forecast.assumptions import Assumptions, Duration, Learning
from molsteer.steering.forecast.compare import Forecast, forecasts, variants
from molsteer.steering.forecast.drawing import Durations
from molsteer.steering.forecast.learned import assumed
from molsteer.steering.forecast.planning import Stated, assumptions_for
from molsteer.steering.forecast.world import World
from molsteer.steering.policy.plan import Plan
from molsteer.steering.records.evidence import Evidence, read_evidence

pytestmark = pytest.mark.fast

STUDY = Plan(
    budget=520,
    slots_simulate=8,
    slots_train=8,
    slots_infer=8,
    buffer=2,
    shortlist=500,
    first_training_after=64,
    retrain_after=1,
    during_update="continue",
    warm_start=False,
    merge="complete",
    members=8,
    space_size=100_000,
    chunk_size=5_000,
    attempts=2,
    failure_limit=100,
)
"""molecular-design's study of policies, in a space of a tenth of its size."""

THETA = Assumptions(
    simulate=Duration(87.6, scatter=0.45),
    train=Duration(354.0, scatter=0.3),
    infer=Duration(8 * 40.0, scatter=0.1),
    hit_share=0.005,
    learning=Learning(at_100=0.4),
)


@pytest.fixture(scope="module")
def study() -> Mapping[str, Forecast]:
    plans = {
        "continuous": STUDY,
        "delay": replace(STUDY, retrain_after=200),
        "pause": replace(STUDY, retrain_after=32, during_update="pause"),
    }
    found = forecasts(plans, THETA, repeats=2, seed=0, hits=175)
    return {each.name: each for each in found}


def test_the_order_of_the_published_policies_comes_out(study: Mapping[str, Forecast]) -> None:
    assert all(each.reached == 2 for each in study.values())
    assert study["continuous"].wall_h.mean < study["pause"].wall_h.mean
    assert study["pause"].simulate_h.mean < study["continuous"].simulate_h.mean
    assert study["delay"].learn_h.mean < study["continuous"].learn_h.mean


def test_the_same_seed_lives_the_same_campaign() -> None:
    plan = replace(STUDY, budget=100)
    assert World(plan, THETA, 3).live() == World(plan, THETA, 3).live()
    assert World(plan, THETA, 3).live() != World(plan, THETA, 4).live()


def test_simulations_take_as_long_however_a_campaign_is_steered() -> None:
    plan = replace(STUDY, budget=100, first_training_after=10)
    pausing = replace(plan, retrain_after=32, during_update="pause")
    going_on, waiting = (World(way, THETA, 3).live() for way in (plan, pausing))
    assert going_on.simulate_s == waiting.simulate_s
    assert going_on.wall_s < waiting.wall_s
    seen = replace(THETA, simulate=Duration(80.0, seen_s=(60.0, 90.0, 100.0)))
    assert World(plan, seen, 3).live().simulate_s == World(pausing, seen, 3).live().simulate_s


def test_worker_hours_are_those_of_the_tasks() -> None:
    plan = replace(STUDY, budget=40, first_training_after=1000, slots_simulate=4, buffer=0)
    always = Assumptions(Duration(10.0), Duration(1.0), Duration(1.0), latency_s=0.0, start_s=5.0)
    outcome = World(plan, always, 0).live()
    assert outcome.simulate_s == 400.0
    assert outcome.wall_s == 105.0
    assert (outcome.updates, outcome.learn_s) == (0, 0.0)


def test_models_that_know_nothing_find_no_more_than_chance() -> None:
    blind = replace(THETA, hit_share=0.1, learning=Learning(at_100=1e9))
    outcome = World(STUDY, blind, 0).live()
    assert len(outcome.hits) / outcome.simulations == pytest.approx(0.1, abs=0.05)
    sharp = World(STUDY, replace(blind, learning=Learning(at_100=0.1)), 0).live()
    assert len(sharp.hits) > 3 * len(outcome.hits)


def test_failures_cost_time_and_no_budget() -> None:
    outcome = World(replace(STUDY, budget=100), replace(THETA, failing=0.3), 0).live()
    assert outcome.simulations == 100
    assert outcome.reason == "budget-reached"
    assert outcome.simulate_s > 110 * 60


def test_each_way_to_steer_is_compared_once() -> None:
    plans = variants(replace(STUDY, retrain_after=10))
    assert next(iter(plans)) == "as given"
    assert "delay-10" not in plans
    assert len(set(plans.values())) == len(plans)


def test_later_first_models_are_compared_where_they_come_within_the_budget() -> None:
    plans = variants(replace(STUDY, first_training_after=100))
    assert plans["late-200"] == replace(plans["as given"], first_training_after=200)
    for without in ({"budget": 200}, {"pretrained": True}, {"known_labels": 5}):
        assert "late-200" not in variants(replace(plans["as given"], **without))


def test_an_earlier_campaign_tells_what_to_expect(tmp_path: Path) -> None:
    results = [
        Made(number, "C" * (number + 1), "xtb", {IP.name: 14.0 + number / 10})
        for number in range(8)
    ]
    with closing(made_ledger(tmp_path, HIGH_IP, results)) as ledger:
        add_models(ledger, 1, [[0.1]], labels=8)
        evidence = read_evidence(ledger)
    assert evidence.simulate_s == (2.0,) * 8
    assert evidence.train_s == ((8, 2.0),)
    assert (evidence.failing, evidence.hits, evidence.errors) == (0.0, 2, ((8, 0.1),))
    assumptions = assumed(evidence, chunk_size=evidence.chunk_size)
    assert Durations(assumptions.simulate, np.random.default_rng(0)).next_s() == 2.0
    assert assumptions.hit_share == pytest.approx(2.5 / 9)


def test_training_that_takes_longer_with_more_labels_goes_on_so() -> None:
    evidence = Evidence(
        start_s=1.0,
        simulate_s=(1.0,),
        train_s=((100, 11.0), (200, 21.0), (300, 31.0)),
        infer_s=(1.0, 3.0),
        chunk_size=1000,
        failing=0.1,
        drawn=(1.0, 2.0, 3.0),
        hits=None,
        errors=((100, 0.4), (200, 0.3), (400, 0.2)),
    )
    assumptions = assumed(evidence, chunk_size=2000)
    train = Durations(assumptions.train, np.random.default_rng(0))
    assert train.next_s(labels=1000) == pytest.approx(101.0)
    assert assumptions.infer.seen_s == (2.0, 6.0)
    assert 0.3 < assumptions.learning.decay < 0.6
    assert assumptions.learning.error(100) > assumptions.learning.error(1600)


def test_the_first_task_of_a_worker_is_no_example_of_the_others(tmp_path: Path) -> None:
    results = [Made(number, "C" * (number + 1), "xtb", {IP.name: 14.0}) for number in range(3)]
    with closing(made_ledger(tmp_path, HIGH_IP, results)) as ledger:
        for generation in (1, 2, 3):
            add_models(ledger, generation, [[0.1]], labels=8 * generation)
        with ledger.transaction() as connection:
            connection.execute(
                "UPDATE task SET reported_at = started_at + 20, started_at = started_at - 1"
                " WHERE task_id = 'train/1/0/1'"
            )
        evidence = read_evidence(ledger)
    assert evidence.train_s == ((24, 2.0), (16, 2.0))
    assert evidence.first_train_s == 19.0
    train = assumed(evidence, chunk_size=evidence.chunk_size).train
    assert (train.mean_s, train.first_s) == (2.0, 19.0)


def test_what_workers_wait_between_simulations_is_read_of_those_that_lay_ready(
    tmp_path: Path,
) -> None:
    results = [Made(number, "C" * (number + 1), "xtb", {IP.name: 14.0}) for number in range(3)]
    with closing(made_ledger(tmp_path, HIGH_IP, results)) as ledger:
        began = ledger.connection.execute("SELECT min(created_at) FROM task").fetchone()[0]
        with ledger.transaction() as connection:
            for number, waits_s in enumerate((0.0, 0.25, 90.0)):
                at = began + 100 * number
                connection.execute(
                    "UPDATE task SET created_at = ?, started_at = ?, reported_at = ?"
                    " WHERE task_id = ?",
                    (
                        began if number < 2 else at + 50,
                        at + waits_s,
                        at + 100,
                        f"simulate/{number}/xtb/1",
                    ),
                )
        evidence = read_evidence(ledger)
    assert evidence.latency_s == pytest.approx(0.25)
    assert assumed(evidence, chunk_size=1).latency_s == evidence.latency_s


def test_each_worker_loads_once_what_it_needs() -> None:
    plan = replace(STUDY, budget=40, first_training_after=1000, slots_simulate=4, buffer=0)
    always = Assumptions(
        Duration(10.0, first_s=30.0), Duration(1.0), Duration(1.0), latency_s=0.0, start_s=5.0
    )
    assert World(plan, always, 0).live().simulate_s == 400.0 + 4 * 30.0


def test_hits_are_as_uncertain_as_the_few_molecules_that_tell_of_them() -> None:
    plan = replace(STUDY, budget=100, first_training_after=1000)
    known = replace(THETA, hit_share=0.1)
    unknown = replace(known, drawn=(3, 30))

    def spread(assumptions: Assumptions) -> float:
        return float(np.std([len(World(plan, assumptions, s).live().hits) for s in range(12)]))

    assert spread(unknown) > spread(known)
    said = replace(unknown, drawn=None)
    assert said.true_hit_share(np.random.default_rng(0)) == 0.1


def test_what_nobody_says_is_asked_for() -> None:
    with pytest.raises(UserError, match=r"--train-s, --infer-s\), or an earlier campaign"):
        assumptions_for(STUDY, Stated(simulate_s=10.0), None)


def test_the_command_compares_policies(tmp_path: Path) -> None:
    molecules = tmp_path / "molecules.smi"
    molecules.write_text("\n".join("C" * length for length in range(2, 60)))
    arguments = ["plan", "--space", str(molecules), "--budget", "30", "--repeats", "1"]
    stated = ["--simulate-s", "10", "--train-s", "5", "--infer-s", "1", "--suggest"]
    shown = CliRunner().invoke(molsteer, [*arguments, *stated])
    assert shown.exit_code == 0, shown.output
    assert "as given" in shown.output
    assert "Soonest: " in shown.output


def test_what_is_suggested_are_options_that_steer_so(tmp_path: Path) -> None:
    molecules = tmp_path / "molecules.smi"
    molecules.write_text("\n".join("C" * length for length in range(2, 60)))
    arguments = ["plan", "--space", str(molecules), "--budget", "30", "--repeats", "1"]
    arguments += ["--simulate-s", "10", "--train-s", "5", "--infer-s", "1"]
    arguments += ["--policy-first-training-after", "4", "--policy-retrain-after", "8"]
    shown = CliRunner().invoke(molsteer, [*arguments, "--suggest"])
    said = re.search(r"Fewest learning hours: (\S+), with (.*)\.$", shown.output, re.MULTILINE)
    assert said, shown.output
    before = CliRunner().invoke(molsteer, [*arguments, "--json"])
    after = CliRunner().invoke(molsteer, [*arguments, *said[2].split(), "--json"])
    hours = {each["name"]: each["learn_h"] for each in json.loads(before.output)}
    assert said[1] != "as given"
    assert json.loads(after.output)[0]["learn_h"] == hours[said[1]]
