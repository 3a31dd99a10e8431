"""What is foreseen of a campaign on the virtual clock is what the policy itself would say."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.referee import a_plan

from molsteer.steering.forecast.assumptions import Assumptions, Duration
from molsteer.steering.forecast.lives import lives
from molsteer.steering.forecast.steering import Steering
from molsteer.steering.forecast.world import World
from molsteer.steering.policy.commands import Command, DispatchSimulation
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.events import Event, SimulationSucceeded
from molsteer.steering.policy.plan import DuringUpdate, Plan, Rung
from molsteer.steering.policy.state import State

pytestmark = pytest.mark.fast

ASSUMPTIONS = Assumptions(
    simulate=Duration(60.0, scatter=0.5),
    train=Duration(100.0, scatter=0.2, per_label_s=1.0, first_s=30.0),
    infer=Duration(5.0, scatter=0.2),
    hit_share=0.1,
)
counts = st.integers(1, 4)
plans = st.builds(
    Plan,
    budget=st.integers(1, 120),
    slots_simulate=st.integers(1, 20),
    slots_train=counts,
    slots_infer=counts,
    buffer=st.integers(0, 9),
    shortlist=st.integers(1, 40),
    first_training_after=st.integers(1, 20),
    retrain_after=st.integers(1, 20),
    during_update=st.sampled_from(["continue", "hold-while-training", "pause"]),
    warm_start=st.just(value=False),
    merge=st.sampled_from(["progressive", "complete"]),
    members=counts,
    space_size=st.integers(1, 300),
    chunk_size=st.integers(5, 60),
    attempts=counts,
    failure_limit=st.sampled_from([2, 100]),
    pretrained=st.sampled_from([False, False, True]),
    known_labels=st.sampled_from([0, 0, 5]),
    predict_early=st.booleans(),
    labels_first=st.sampled_from([False, False, True]),
    rungs=st.sampled_from([(), (), (Rung("dft", 0.2),)]),
    promotion=st.sampled_from(["share", "price"]),
    budget_counts=st.sampled_from(["successes", "attempts"]),
    control_share=st.sampled_from([0.0, 0.1]),
)


class Asked(Steering):
    """Asks the policy about every event, as a campaign does that is paid for."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.now = State.fresh(plan)

    @property
    def state(self) -> State:
        return self.now

    def tell(self, event: Event) -> tuple[Command, ...]:
        decision = decide(self.now, event)
        self.now = decision.state
        return decision.commands

    def succeed(self, at_s: float, task: DispatchSimulation, merit: float) -> tuple[Command, ...]:
        return self.tell(SimulationSucceeded(at_s, task.task_id, merit))


class Counted(Steering):
    """Counts what the policy is asked."""

    asked = 0

    def tell(self, event: Event) -> tuple[Command, ...]:
        self.asked += 1
        return super().tell(event)


@settings(max_examples=150, deadline=None)
@given(plans, st.integers(0, 2**32), st.sampled_from([0.0, 0.2]))
def test_a_campaign_is_lived_as_if_the_policy_were_asked_each_time(
    plan: Plan, seed: int, failing: float
) -> None:
    assumptions = replace(ASSUMPTIONS, failing=failing)
    asked, foreseen = Asked(plan), Steering(plan)
    outcome = World(plan, assumptions, seed, steering=asked).live()
    assert World(plan, assumptions, seed, steering=foreseen).live() == outcome
    assert foreseen.state == asked.state


@settings(max_examples=100, deadline=None)
@given(plans, st.integers(0, 2**32), st.sampled_from([0.0, 0.2]), st.integers(1, 20))
def test_ways_to_steer_are_compared_as_if_each_were_lived_through(
    plan: Plan, seed: int, failing: float, fewer: int
) -> None:
    assumptions = replace(ASSUMPTIONS, failing=failing)
    ways = {plan, replace(plan, retrain_after=max(1, plan.retrain_after - fewer))}
    found = lives(ways, assumptions, seed)
    assert found == {way: World(way, assumptions, seed).live() for way in ways}


def test_labels_that_are_there_when_an_update_ends_are_enough_for_each_who_asks_for_fewer() -> None:
    plan = a_plan(budget=200, slots_simulate=9, space_size=900, chunk_size=300)
    ways = [replace(plan, first_training_after=5, retrain_after=labels) for labels in (1, 5, 50)]
    found = lives(ways, replace(ASSUMPTIONS, train=Duration(100.0)), seed=0)
    assert found[ways[0]] is found[ways[1]] is not found[ways[2]]
    assert found[ways[2]].updates < found[ways[1]].updates


def test_a_campaign_that_was_lived_leaves_nothing_behind_though_no_cycles_are_collected() -> None:
    world = World(a_plan(first_training_after=3, retrain_after=3), ASSUMPTIONS, 0)
    gone = weakref.ref(world)
    gc.disable()
    try:
        world.live()
        del world
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("during_update", ["continue", "pause"])
def test_the_policy_is_asked_about_few_of_the_simulations(during_update: DuringUpdate) -> None:
    plan = a_plan(
        budget=2000,
        slots_simulate=50,
        first_training_after=50,
        retrain_after=200,
        during_update=during_update,
        shortlist=500,
        space_size=5000,
        chunk_size=1000,
    )
    steering = Counted(plan)
    quick = replace(ASSUMPTIONS, train=Duration(100.0))
    outcome = World(plan, quick, 0, steering=steering).live()
    assert outcome.simulations == 2000
    assert outcome.updates > 5
    assert steering.asked < 200
