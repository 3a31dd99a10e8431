"""A share of the molecules is chosen by chance, once models choose the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from support.referee import Campaign, a_plan, ranked

from molsteer.steering.policy.chance.random_order import molecule_at
from molsteer.steering.policy.commands import DispatchInference, DispatchSimulation
from molsteer.steering.policy.events import PlanChanged
from molsteer.steering.policy.plan import Plan

pytestmark = pytest.mark.fast

SIZE = 200
STARTERS = (3, 1, 4, 15)
FAVOURITES = tuple(range(100, 160))


def a_campaign(plan: Plan) -> Campaign:
    """Let models name their favourites after the first label."""
    campaign = Campaign(plan, STARTERS)
    campaign.succeed(f"simulate/{STARTERS[0]}/xtb/1", "train/1/0/1")
    campaign.succeed("infer/1/0/1", candidates=ranked(*FAVOURITES))
    return campaign


def plan_of(share: float, **knobs: object) -> Plan:
    plan = a_plan(first_training_after=1, retrain_after=999, budget=SIZE, space_size=SIZE)
    return replace(plan, chunk_size=SIZE, shortlist=60, control_share=share, seed=5, **knobs)


def go_on(campaign: Campaign, count: int) -> list[DispatchSimulation]:
    """Let simulations succeed, and give those that follow."""
    begun = list[DispatchSimulation]()
    while len(begun) < count:
        (running,) = (
            task for task in campaign.state.in_flight if isinstance(task, DispatchSimulation)
        )
        begun += [
            task
            for task in campaign.succeed(running.task_id)
            if isinstance(task, DispatchSimulation)
        ]
    return begun


def by_chance(tasks: Sequence[DispatchSimulation]) -> list[int]:
    return [task.molecule for task in tasks if task.by_chance]


def test_every_so_many_choices_the_next_molecule_is_that_of_the_random_order():
    begun = go_on(a_campaign(plan_of(0.05)), 40)
    assert [place for place, task in enumerate(begun, 1) if task.by_chance] == [20, 40]
    order = [molecule_at(place, SIZE, 5) for place in range(9)]
    free = [molecule for molecule in order if molecule not in {*STARTERS[:2], *FAVOURITES[:38]}]
    assert by_chance(begun) == free[:2]


def test_chance_has_the_share_that_is_wanted():
    for share, drawn in ((0.0, 0), (0.3, 12), (0.5, 20), (1.0, 40)):
        begun = go_on(a_campaign(plan_of(share)), 40)
        assert len(by_chance(begun)) == drawn
        named = [task.molecule for task in begun if not task.by_chance]
        assert named == [each for each in FAVOURITES if each not in by_chance(begun)][: len(named)]


def test_no_molecule_is_chosen_twice_until_the_space_is_exhausted():
    begun = go_on(a_campaign(plan_of(0.4)), 59)
    assert max(Counter(task.molecule for task in begun).values()) == 1
    assert not {task.molecule for task in begun} & {*STARTERS[:2]}


def test_before_a_model_chooses_there_is_no_control():
    campaign = Campaign(replace(plan_of(0.5), first_training_after=99), tuple(range(30)))
    assert by_chance(go_on(campaign, 20)) == []


def test_a_further_attempt_is_still_one_of_chance():
    campaign = a_campaign(plan_of(1.0, attempts=2))
    (drawn,) = go_on(campaign, 1)
    (again,) = campaign.fail(drawn.task_id, retryable=True)
    assert again == replace(drawn, attempt=2)
    assert again.by_chance


def test_the_share_can_be_changed_and_owes_nothing_for_the_time_before():
    campaign = a_campaign(plan_of(0.0))
    go_on(campaign, 15)
    campaign.tell(PlanChanged(campaign.at, replace(campaign.state.plan, control_share=0.25)))
    begun = go_on(campaign, 8)
    assert [place for place, task in enumerate(begun, 1) if task.by_chance] == [4, 8]


def test_models_are_asked_about_the_molecules_that_chance_chooses_next():
    plan = replace(plan_of(0.1), chunk_size=50)
    campaign = Campaign(plan, STARTERS)
    campaign.succeed(f"simulate/{STARTERS[0]}/xtb/1", "train/1/0/1")
    asked = set[int]()
    for chunk in range(plan.chunks):
        (task,) = (t for t in campaign.state.in_flight if isinstance(t, DispatchInference))
        assert set(task.control) <= set(plan.molecules_of(chunk))
        asked.update(task.control)
        campaign.succeed(
            task.task_id, candidates=ranked(*(m for m in FAVOURITES if m // 50 == chunk))
        )
    assert len(asked) == 6, "the share of the shortlist"
    assert set(by_chance(go_on(campaign, 40))) <= asked


def test_the_random_order_has_each_molecule_once_and_no_favourites():
    for size in (1, 2, 3, 7, 64, 65, 1000):
        assert sorted(molecule_at(place, size, 3) for place in range(size)) == list(range(size))
    firsts = Counter(molecule_at(0, 10, seed) for seed in range(3000))
    assert all(230 < firsts[molecule] < 370 for molecule in range(10))
    pairs = [(molecule_at(0, 1000, seed), molecule_at(1, 1000, seed)) for seed in range(2000)]
    assert 0.45 < sum(second > first for first, second in pairs) / len(pairs) < 0.55
