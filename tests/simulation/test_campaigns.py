"""Hundreds of whole campaigns on a virtual clock."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean

import pytest
from support.referee import a_plan
from support.virtual_clock import Trouble, World

from molsteer.steering.policy.commands import DispatchPrediction, DispatchSimulation
from molsteer.steering.policy.plan import Rung

pytestmark = pytest.mark.fast

PLAN = a_plan(
    budget=60,
    slots_simulate=4,
    slots_train=2,
    slots_infer=2,
    buffer=2,
    shortlist=50,
    first_training_after=10,
    retrain_after=10,
    members=4,
    space_size=1_000,
    chunk_size=100,
)
STRATEGIES = [
    (during_update, merge)
    for during_update in ("continue", "hold-while-training", "pause")
    for merge in ("progressive", "complete")
]


@pytest.mark.parametrize(("during_update", "merge"), STRATEGIES)
def test_every_strategy_finds_far_more_of_the_best_molecules_than_chance(during_update, merge):
    plan = replace(PLAN, during_update=during_update, merge=merge)
    shares = []
    for seed in range(20):
        world = World(plan, seed).run()
        best = world.best_there_are(0.02)
        shares.append(len(best & world.labelled) / len(best))
        assert world.campaign.state.finished == "budget-reached"
    by_chance = PLAN.budget / PLAN.space_size
    assert mean(shares) > 5 * by_chance, shares


@pytest.mark.parametrize("during_update", ["continue", "hold-while-training", "pause"])
def test_campaigns_in_trouble_end_with_every_simulation_counted_once(during_update):
    trouble = Trouble(failing=0.2, twice=0.2, late=0.8)
    plan = replace(PLAN, during_update=during_update, budget=25, space_size=200, attempts=3)
    for seed in range(60):
        world = World(plan, seed, trouble).run()
        assert world.campaign.state.finished == "budget-reached"
        assert world.campaign.state.successes == len(world.labelled) == 25


def test_campaigns_in_trouble_end_as_well_where_trained_groups_predict_in_advance():
    trouble = Trouble(failing=0.2, twice=0.2, late=0.8)
    plan = replace(PLAN, predict_early=True, budget=25, space_size=200, chunk_size=20, attempts=3)
    worlds = [World(plan, seed, trouble).run() for seed in range(30)]
    assert {world.campaign.state.finished for world in worlds} == {"budget-reached"}
    asked = [command for world in worlds for command in world.campaign.asked]
    assert sum(isinstance(command, DispatchPrediction) for command in asked) > 100


LADDER = replace(PLAN, rungs=(Rung("dft", 0.2), Rung("coupled-cluster", 0.5)))


@pytest.mark.parametrize("during_update", ["continue", "hold-while-training", "pause"])
def test_what_climbs_two_rungs_is_the_best_of_what_was_simulated_below(during_update):
    for seed in range(6):
        world = World(replace(LADDER, during_update=during_update), seed).run()
        assert world.campaign.state.finished == "budget-reached"
        assert [level.successes for level in world.campaign.state.levels] == [60, 12, 6]
        first, second, third = (world.labelled_at(level) for level in world.levels)
        assert third < second < first
        values = [mean(world.values[m] for m in level) for level in (first, second, third)]
        assert values == sorted(values)


def test_campaigns_with_rungs_in_trouble_end_with_every_level_counted_once():
    trouble = Trouble(failing=0.2, twice=0.2, late=0.8)
    plan = replace(LADDER, budget=25, space_size=200, attempts=3, slots_simulate=8)
    for seed in range(30):
        world = World(plan, seed, trouble).run()
        assert world.campaign.state.finished == "budget-reached"
        assert [level.successes for level in world.campaign.state.levels] == [25, 5, 3]


def test_rungs_fill_up_while_the_first_level_still_chooses():
    world = World(LADDER, 0).run()
    begun = [task.level for task in world.campaign.asked if isinstance(task, DispatchSimulation)]
    last_new = max(place for place, level in enumerate(begun) if level == LADDER.level)
    assert begun[:last_new].count("dft") > 6


def test_going_on_keeps_simulators_busy_and_pausing_learns_from_more():
    worlds = {
        during_update: [
            World(replace(PLAN, during_update=during_update), s).run() for s in range(8)
        ]
        for during_update in ("continue", "hold-while-training", "pause")
    }
    busy = {strategy: mean(w.utilisation for w in those) for strategy, those in worlds.items()}
    assert busy["continue"] > busy["hold-while-training"] > busy["pause"], busy
    assert busy["continue"] > 0.85
    found = {strategy: mean(mean(w.found) for w in those) for strategy, those in worlds.items()}
    assert found["pause"] > found["continue"], found


def test_a_long_buffer_simulates_yesterdays_recommendations():
    scores = {}
    for buffer in (0, 40):
        worlds = [World(replace(PLAN, buffer=buffer), seed).run() for seed in range(8)]
        scores[buffer] = mean(mean(world.found) for world in worlds)
    assert scores[0] > scores[40], scores


def test_progressive_merge_draws_fewer_molecules_from_older_rankings():
    by_merge = {}
    for merge in ("progressive", "complete"):
        worlds = [World(replace(PLAN, merge=merge), seed).run() for seed in range(12)]
        by_merge[merge] = mean(mean(world.found) for world in worlds)
    assert by_merge["progressive"] > by_merge["complete"], by_merge
