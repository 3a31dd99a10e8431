"""Campaigns in which everything goes wrong at random; the referee watches every decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.referee import Campaign, success

from molsteer.steering.policy.codecs.journal_codec import from_json, to_json
from molsteer.steering.policy.codecs.state_codec import state_from_json, state_to_json
from molsteer.steering.policy.commands import DispatchInference
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.events import (
    Candidate,
    ChunkScored,
    Event,
    LabelsAdded,
    Paused,
    PlanChanged,
    Resumed,
    RetryRequested,
    SimulationSucceeded,
    SlotsChanged,
    SpaceGrown,
    StopRequested,
    TaskFailed,
    Ticked,
)
from molsteer.steering.policy.plan import Plan, Rung
from molsteer.steering.policy.state import State

pytestmark = pytest.mark.fast


def rungs_of(shares: Sequence[float]) -> tuple[Rung, ...]:
    return tuple(Rung(f"level-{place}", share) for place, share in enumerate(shares, start=2))


SHARES = (0.07, 0.3, 0.5, 0.55, 1.0)
shares = st.sampled_from(SHARES)
counts = st.integers(1, 4)
plans = st.builds(
    Plan,
    budget=st.integers(1, 30),
    slots_simulate=counts,
    slots_train=counts,
    slots_infer=counts,
    buffer=st.integers(0, 3),
    shortlist=st.integers(1, 12),
    first_training_after=st.integers(1, 6),
    retrain_after=st.integers(1, 6),
    during_update=st.sampled_from(["continue", "hold-while-training", "pause"]),
    warm_start=st.booleans(),
    merge=st.sampled_from(["progressive", "complete"]),
    members=counts,
    space_size=st.integers(1, 40),
    chunk_size=st.integers(1, 20),
    attempts=st.integers(1, 3),
    failure_limit=st.integers(1, 20),
    pretrained=st.sampled_from([False, False, True]),
    known_labels=st.sampled_from([0, 0, 3]),
    predict_early=st.booleans(),
    labels_first=st.booleans(),
    rungs=st.lists(shares, max_size=2).map(rungs_of),
    promotion=st.sampled_from(["share", "price"]),
    budget_counts=st.sampled_from(["successes", "attempts"]),
    control_share=st.sampled_from([0.0, 0.05, 0.3, 1.0]),
    seed=st.integers(0, 9),
)
seeds = st.integers(0, 2**32)
failure_rates = st.sampled_from([0.0, 0.1, 0.5, 1.0])


@settings(max_examples=150, deadline=None)
@given(plans, seeds, failure_rates)
def test_whatever_happens_no_limit_is_passed_and_the_campaign_ends(plan, seed, failure_rate):
    campaign = troubled_campaign(plan, Random(seed), failure_rate)
    assert campaign.referee.over


@settings(max_examples=50, deadline=None)
@given(plans, seeds)
def test_pauses_and_stops_that_are_lifted_cost_a_campaign_without_trouble_no_molecule(plan, seed):
    chance = Random(seed)
    campaign = Campaign(plan, starters(plan, chance))
    for _ in range(10):
        _work(campaign, chance, most=chance.randint(0, 10))
        campaign.tell(chance.choice([Paused, StopRequested])(campaign.at))
        _work(campaign, chance, most=chance.randint(0, 10))
        campaign.tell(StopRequested(campaign.at, now=True))
        assert not campaign.state.in_flight
        campaign.tell(Resumed(campaign.at))
    _work(campaign, chance, most=20_000)
    assert campaign.state.first.successes == min(plan.budget, plan.space_size)
    assert_everybody_climbed_who_could(campaign)


@settings(max_examples=50, deadline=None)
@given(plans, seeds)
def test_without_trouble_a_campaign_reaches_its_target_or_exhausts_the_space(plan, seed):
    chance = Random(seed)
    campaign = Campaign(plan, starters(plan, chance), known := known_of(plan, chance))
    _work(campaign, chance, most=20_000)
    assert campaign.state.first.successes == min(plan.budget, plan.space_size - len(known))
    assert_everybody_climbed_who_could(campaign)


@settings(max_examples=50, deadline=None)
@given(plans, seeds, failure_rates)
def test_a_journal_read_back_gives_equal_decisions_and_an_equal_state(plan, seed, failure_rate):
    campaign = troubled_campaign(plan, Random(seed), failure_rate)
    state = State.fresh(plan)
    for happened, commands in zip(campaign.journal, campaign.commands, strict=True):
        kept = decide(state, happened).kept_event
        read = from_json(to_json(kept))
        assert read == kept
        decision = decide(state, read)
        assert decision.commands == commands
        assert decision.kept_event == kept
        state = decision.state
    assert state == campaign.state


@settings(max_examples=50, deadline=None)
@given(plans, seeds, failure_rates)
def test_a_state_kept_after_any_event_is_read_back_whole_and_decides_alike(
    plan, seed, failure_rate
):
    campaign = troubled_campaign(plan, Random(seed), failure_rate)
    state = State.fresh(plan)
    for event, commands in zip(campaign.journal, campaign.commands, strict=True):
        decision = decide(state, event)
        state = state_from_json(state_to_json(decision.state))
        assert state == decision.state
        assert decision.commands == commands
    assert state == campaign.state


def assert_everybody_climbed_who_could(campaign: Campaign) -> None:
    """Each rung has its budget, if as many below had merit and none of them was forgotten."""
    plan, levels = campaign.state.plan, campaign.state.levels
    with_merit = Counter(
        event.task_id.split("/")[2]
        for event in campaign.journal
        if isinstance(event, SimulationSucceeded) and event.merit is not None
    )
    below = plan.level
    for rung, budget, level in zip(plan.rungs, plan.budgets[1:], levels[1:], strict=True):
        expected = min(budget, with_merit[below])
        assert level.successes <= expected
        assert level.successes == expected or plan.shortlist < plan.budget
        below = rung.level


def starters(plan: Plan, chance: Random) -> tuple[int, ...]:
    return tuple(chance.sample(range(plan.space_size), chance.randint(1, plan.space_size)))


def known_of(plan: Plan, chance: Random) -> tuple[int, ...]:
    """Draw which of the known labels belong to molecules of the space."""
    most = min(plan.known_labels, plan.space_size)
    return tuple(chance.sample(range(plan.space_size), chance.randint(0, most)))


def troubled_campaign(plan: Plan, chance: Random, failure_rate: float) -> Campaign:
    """Play a campaign whose tasks fail, report twice or late, and whose workers come and go.

    Its owner changes the plan, pauses and resumes it, and calls it back from its end three times.
    """
    campaign = Campaign(plan, starters(plan, chance), known_of(plan, chance))
    for ends in range(4):
        if ends:
            campaign.tell(_call_back(campaign, chance))
        while not campaign.finished:
            assert len(campaign.journal) < 20_000, "the campaign does not end"
            campaign.tell(_next_event(campaign, chance, failure_rate))
        campaign.stop()
    return campaign


def _work(campaign: Campaign, chance: Random, most: int) -> None:
    """Let tasks succeed until none is left or it is enough."""
    for _ in range(most):
        if not campaign.state.in_flight:
            return
        task = chance.choice(campaign.state.in_flight)
        campaign.tell(_success(campaign, task.task_id, chance))


def _next_event(campaign: Campaign, chance: Random, failure_rate: float) -> Event:
    in_flight, at = campaign.state.in_flight, campaign.at
    luck = chance.random()
    if not in_flight and campaign.state.paused:
        return Resumed(at)
    if not in_flight:  # only because there are no workers: some come back
        topic = min(campaign.referee.slots, key=lambda topic: campaign.referee.slots[topic])
        return SlotsChanged(at, topic, chance.randint(1, 4))
    if luck < 0.02:
        return SlotsChanged(at, chance.choice(["simulate", "train", "infer"]), chance.randint(0, 4))
    if luck < 0.04:
        return _wish(campaign, chance)
    if luck < 0.06:
        return Ticked(at)
    if luck < 0.15:  # a task that is long over, or was taken back, reports (again)
        return _outcome(campaign, chance.choice(sorted(campaign.referee.ever)), chance, 0.5)
    return _outcome(campaign, chance.choice(in_flight).task_id, chance, failure_rate)


def _wish(campaign: Campaign, chance: Random) -> Event:
    """What the campaign's owner may come up with; seldom its end."""
    at, luck = campaign.at, chance.random()
    if luck < 0.1:
        return StopRequested(at, now=chance.random() < 0.5)
    if luck < 0.4:
        return _another_plan(campaign, chance)
    if luck < 0.55:
        return _more(campaign, chance)
    if luck < 0.7:
        return RetryRequested(at, _some_molecules(campaign, chance))
    return Paused(at) if luck < 0.85 else Resumed(at)


def _some_molecules(campaign: Campaign, chance: Random) -> tuple[int, ...]:
    """Molecules that were given up or not, one of them twice."""
    size = campaign.state.plan.space_size
    return tuple(chance.choices(range(size), k=min(5, size)))


def _call_back(campaign: Campaign, chance: Random) -> Event:
    """How a campaign is called back from its end."""
    at, everything = campaign.at, tuple(range(campaign.state.plan.space_size))
    return chance.choice(
        [
            _another_plan(campaign, chance),
            _more(campaign, chance),
            Resumed(at),
            RetryRequested(at, everything),
        ]
    )


def _more(campaign: Campaign, chance: Random) -> Event:
    """Labels of molecules that were never chosen or are elsewhere, or molecules."""
    plan, at = campaign.state.plan, campaign.at
    if chance.random() < 0.5:
        unchosen = [each for each in range(plan.space_size) if each not in campaign.state.chosen]
        inside = chance.sample(unchosen, min(len(unchosen), chance.randint(0, 3)))
        return LabelsAdded(at, max(1, len(inside) + chance.randint(0, 3)), tuple(inside))
    grown = plan.space_size + chance.randint(1, 10)
    known = (plan.space_size,) if plan.known_labels and chance.random() < 0.3 else ()
    return SpaceGrown(at, grown, known)


def _another_plan(campaign: Campaign, chance: Random) -> Event:
    plan = replace(
        campaign.state.plan,
        budget=chance.randint(1, 40),
        slots_simulate=chance.randint(1, 4),
        slots_train=chance.randint(1, 4),
        buffer=chance.randint(0, 3),
        shortlist=chance.randint(1, 12),
        retrain_after=chance.randint(1, 6),
        during_update=chance.choice(["continue", "hold-while-training", "pause"]),
        attempts=chance.randint(1, 3),
        failure_limit=chance.randint(1, 20),
        rungs=rungs_of([chance.choice(SHARES) for _ in campaign.state.plan.rungs]),
    )
    return PlanChanged(campaign.at, plan)


def _outcome(campaign: Campaign, task_id: str, chance: Random, failure_rate: float) -> Event:
    if chance.random() < failure_rate:
        return TaskFailed(campaign.at, task_id, retryable=chance.random() < 0.7)
    return _success(campaign, task_id, chance)


def _success(campaign: Campaign, task_id: str, chance: Random) -> Event:
    merit = None if chance.random() < 0.1 else float(chance.randint(0, 9))
    event = success(campaign.at, task_id, merit=merit)
    if not isinstance(event, ChunkScored):
        return event
    plan, chunk = campaign.state.plan, int(task_id.split("/")[2])
    asked = campaign.state.update.tasks.running.get(task_id) if campaign.state.update else None
    climbing = asked.climbing if isinstance(asked, DispatchInference) else ()
    scores = [
        Candidate(molecule, chance.random(), chance.choice([None, chance.random()]))
        for molecule in plan.molecules_of(chunk)
    ]
    keep = plan.shortlist + len(campaign.state.chosen)
    best = sorted(scores, key=lambda candidate: -candidate.score)[:keep]
    best += [each for each in scores if each.molecule in climbing and each not in best]
    return ChunkScored(event.at, task_id, tuple(best))
