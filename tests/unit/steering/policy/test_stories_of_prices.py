"""How molecules climb where models and prices say who does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.referee import Campaign, a_plan

from molsteer.steering.policy.codecs.state_codec import state_from_json, state_to_json
from molsteer.steering.policy.commands import (
    Command,
    DispatchInference,
    DispatchSimulation,
    DispatchTraining,
    Finish,
    UpdateEnded,
)
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.events import Candidate, SimulationSucceeded
from molsteer.steering.policy.plan import Rung
from molsteer.steering.policy.pricing import price_s, worth

pytestmark = pytest.mark.fast

CHEAP_BELOW = (1.0, 10.0)


def ladder(**changes: Any) -> Campaign:
    """Five cheap simulations, two of which may climb; models learn after two labels."""
    knobs: dict[str, Any] = {
        "budget": 5,
        "rungs": (Rung("dft", 0.4),),
        "promotion": "price",
        "prices": CHEAP_BELOW,
        "first_training_after": 2,
        "retrain_after": 100,
        "during_update": "pause",
    }
    return Campaign(a_plan(**knobs | changes), tuple(range(9)))


def xtb(campaign: Campaign, molecule: int, merit: float = 0.0) -> list[Command]:
    return campaign.succeed(f"simulate/{molecule}/xtb/1", merit=merit)


def simulate(molecule: int) -> DispatchSimulation:
    return DispatchSimulation(molecule, "xtb")


def climb(molecule: int, level: str = "dft") -> DispatchSimulation:
    return DispatchSimulation(molecule, level)


def scored(campaign: Campaign, **chances: float | None) -> list[Command]:
    """Let the first model be trained, and say the chances of `m5=0.5` and others."""
    campaign.succeed("train/1/0/1")
    told = tuple(
        Candidate(int(name[1:]), 9.0 - place, chance)
        for place, (name, chance) in enumerate(chances.items())
    )
    return campaign.succeed("infer/1/0/1", candidates=told)


def two_labels(**changes: Any) -> Campaign:
    campaign = ladder(**changes)
    xtb(campaign, 0, 8.0)
    xtb(campaign, 1, 9.0)
    return campaign


def test_nobody_climbs_before_models_say_what_it_promises():
    campaign = ladder()
    assert xtb(campaign, 0, 8.0) == [simulate(1)]
    assert xtb(campaign, 1, 9.0) == [DispatchTraining(1, 0, (0,), labels=2, warm=False)]
    assert campaign.succeed("train/1/0/1") == [DispatchInference(1, 0, climbing=(0, 1))]


def test_where_promotions_follow_shares_models_are_asked_of_nobody():
    campaign = two_labels(promotion="share", slots_simulate=2)
    assert campaign.succeed("train/1/0/1") == [DispatchInference(1, 0)]


def test_what_the_cheap_level_ranks_second_climbs_if_models_say_so():
    campaign = two_labels()
    ended = UpdateEnded(1, "completed")
    assert scored(campaign, m5=0.01, m0=0.9, m1=0.2) == [ended, climb(0)]


def test_a_new_molecule_is_worth_its_cheap_price_and_the_dear_one_if_it_keeps_its_promise():
    state = two_labels().state
    assert worth(state, 0, 0.5) == pytest.approx(0.5 / (1.0 + 0.5 * 10.0))
    assert worth(state, 1, 0.5) == pytest.approx(0.5 / 10.0)
    even = 0.5 * 10.0 / 6.0  # what must be hoped of whoever climbs instead
    for hoped, first in [(even - 0.01, simulate(5)), (even + 0.01, climb(0))]:
        assert scored(two_labels(), m5=0.5, m0=hoped, m1=0.1)[1] == first


def test_places_that_are_free_at_once_go_to_whoever_promises_more_each_time():
    campaign = two_labels(slots_simulate=2, budget=9)
    xtb(campaign, 2)
    commands = scored(campaign, m5=0.9, m6=0.1, m0=0.5)
    assert commands == [UpdateEnded(1, "completed"), simulate(5), climb(0)]


def test_the_dearer_the_level_above_the_more_must_be_promised():
    for price, first in [(2.0, climb(0)), (100.0, simulate(5))]:
        campaign = two_labels(prices=(1.0, price))
        assert scored(campaign, m5=0.3, m0=0.7, m1=0.1)[1] == first


def test_a_molecule_that_the_budget_has_no_place_for_lets_others_climb():
    campaign = two_labels(budget=3)
    assert scored(campaign, m5=0.9, m0=0.1, m1=0.2)[1] == simulate(5)
    assert xtb(campaign, 5, 1.0) == [climb(1)]  # the first level has all it wants
    assert campaign.succeed("simulate/1/dft/1") == [climb(0)]
    assert campaign.succeed("simulate/0/dft/1") == [Finish("budget-reached")]


def test_whoever_no_model_has_seen_comes_last_and_by_the_level_below():
    campaign = two_labels(budget=4, rungs=(Rung("dft", 0.75),))
    assert scored(campaign, m5=0.9, m6=0.8, m0=0.1, m1=0.2)[1] == simulate(5)
    assert xtb(campaign, 5, 3.0) == [simulate(6)]
    assert xtb(campaign, 6, 4.0) == [climb(1)]
    order = [each.molecule for each in campaign.state.levels[1].candidates]
    assert order == [0, 6, 5]


def test_nobody_climbs_while_new_molecules_wait_for_a_model():
    campaign = two_labels(retrain_after=1, slots_simulate=1)
    assert scored(campaign, m5=0.1, m0=0.9, m1=0.8)[1] == climb(0)
    commands = campaign.succeed("simulate/0/dft/1")
    assert commands == [DispatchTraining(2, 0, (0,), labels=3, warm=False)]


def test_a_rung_gets_no_more_than_its_budget():
    campaign = two_labels(rungs=(Rung("dft", 0.2),))
    assert scored(campaign, m5=0.1, m0=0.9, m1=0.8)[1] == climb(0)
    assert campaign.succeed("simulate/0/dft/1") == [simulate(5)]


def test_prices_are_what_simulations_take_until_somebody_states_them():
    campaign = ladder(prices=())
    state = campaign.state
    assert [price_s(state, place) for place in (0, 1)] == [1.0, 1.0]  # the dear one is tried soon
    campaign.tell(SimulationSucceeded(1.0, "simulate/0/xtb/1", 1.0, seconds=4.0))
    campaign.tell(SimulationSucceeded(2.0, "simulate/1/xtb/1", 2.0, seconds=6.0))
    assert [price_s(campaign.state, place) for place in (0, 1)] == [5.0, 5.0]
    scored(campaign, m5=0.01, m0=0.9)
    campaign.tell(SimulationSucceeded(3.0, "simulate/0/dft/1", 2.0, seconds=70.0))
    assert [price_s(campaign.state, place) for place in (0, 1)] == [5.0, 70.0]
    stated = replace(campaign.state, plan=replace(campaign.state.plan, prices=(None, 90.0)))
    assert [price_s(stated, place) for place in (0, 1)] == [5.0, 90.0]


def test_the_highest_of_three_levels_is_paid_for_as_well():
    campaign = ladder(rungs=(Rung("dft", 1.0), Rung("ccsd", 1.0)), prices=(1.0, 10.0, 100.0))
    assert worth(campaign.state, 0, 0.5) == pytest.approx(0.5 / (1.0 + 0.5 * 110.0))
    assert worth(campaign.state, 1, 0.5) == pytest.approx(0.5 / (10.0 + 0.5 * 100.0))


def test_the_journal_holds_what_was_said_of_climbers_and_a_checkpoint_too():
    campaign = two_labels(shortlist=2, slots_infer=1)
    before = campaign.state
    campaign.succeed("train/1/0/1")
    told = (
        *(Candidate(molecule, 9.0 - molecule, 0.9) for molecule in (5, 6, 7)),
        Candidate(0, 0.0, 0.1),
        Candidate(1, -1.0, 0.2),
    )
    state = campaign.state
    campaign.succeed("infer/1/0/1", candidates=told)
    event = decide(state, campaign.journal[-1]).kept_event
    assert [each.molecule for each in event.candidates] == [5, 6, 0, 1]
    assert decide(state, event).state == campaign.state != before
    assert state_from_json(state_to_json(campaign.state)) == campaign.state
