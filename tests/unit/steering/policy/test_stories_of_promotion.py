"""How the best molecules of a level climb to the next one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.referee import Campaign, a_plan, ranked

from molsteer.steering.policy.codecs.state_codec import state_from_json, state_to_json
from molsteer.steering.policy.commands import (
    CancelTasks,
    Command,
    DispatchInference,
    DispatchSimulation,
    DispatchTraining,
    Finish,
    UpdateEnded,
)
from molsteer.steering.policy.events import (
    Paused,
    PlanChanged,
    Resumed,
    RetryRequested,
    SlotsChanged,
    StopRequested,
)
from molsteer.steering.policy.plan import Rung

pytestmark = pytest.mark.fast

HALF = (Rung("dft", 0.5),)
ALL = (Rung("dft", 1.0),)


def ladder(**changes: Any) -> Campaign:
    """A campaign of four molecules, the better half of which climbs; one slot."""
    knobs: dict[str, Any] = {"budget": 4, "rungs": HALF}
    return Campaign(a_plan(**knobs | changes), tuple(range(9)))


def xtb(campaign: Campaign, molecule: int, merit: float | None) -> list[Command]:
    return campaign.succeed(f"simulate/{molecule}/xtb/1", merit=merit)


def simulate(*molecules: int) -> list[DispatchSimulation]:
    return [DispatchSimulation(molecule, "xtb") for molecule in molecules]


def climb(*molecules: int, level: str = "dft") -> list[DispatchSimulation]:
    return [DispatchSimulation(molecule, level) for molecule in molecules]


def test_a_whole_campaign_of_two_levels():
    campaign = ladder()
    assert xtb(campaign, 0, 8.0) == simulate(1)
    assert xtb(campaign, 1, 9.0) == climb(1)  # one of two, the better one
    assert campaign.succeed("simulate/1/dft/1") == simulate(2)
    assert xtb(campaign, 2, 7.0) == simulate(3)
    assert xtb(campaign, 3, 6.0) == climb(0)
    assert campaign.succeed("simulate/0/dft/1") == [Finish("budget-reached")]


def test_molecules_climb_in_the_order_of_merit_and_equal_ones_in_that_of_their_numbers():
    campaign = ladder(budget=9, slots_simulate=4, rungs=(Rung("dft", 0.1),))
    for molecule, merit in enumerate([5.0, -1.0, 7.0, 7.0, 6.0]):
        xtb(campaign, molecule, merit)
    order = [candidate.molecule for candidate in campaign.state.levels[1].candidates]
    assert order == [2, 3, 4, 0, 1]


def test_a_molecule_without_merit_never_climbs():
    for nothing in (None, float("nan")):
        campaign = ladder(budget=3, rungs=ALL)
        assert xtb(campaign, 0, nothing) == simulate(1)
        assert xtb(campaign, 1, 1.0) == climb(1)
        assert campaign.succeed("simulate/1/dft/1") == simulate(2)
        assert xtb(campaign, 2, nothing) == [Finish("budget-reached")]


def test_only_as_many_candidates_are_kept_as_the_shortlist_is_long():
    campaign = ladder(budget=9, shortlist=2, rungs=(Rung("dft", 0.1),))
    for molecule, merit in enumerate([1.0, 3.0, 2.0, 4.0]):
        xtb(campaign, molecule, merit)
    assert [c.molecule for c in campaign.state.levels[1].candidates] == [3, 1]


def test_the_share_is_rounded_down_on_the_way_and_up_at_the_end():
    campaign = ladder(budget=5, slots_simulate=2)
    assert xtb(campaign, 0, 5.0) == simulate(2)
    assert xtb(campaign, 1, 4.0) == climb(0)
    assert xtb(campaign, 2, 3.0) == simulate(3)
    assert xtb(campaign, 3, 2.0) == climb(1)
    campaign.succeed("simulate/0/dft/1", "simulate/1/dft/1")
    assert xtb(campaign, 4, 1.0) == climb(2)  # the third of two and a half
    assert campaign.succeed("simulate/2/dft/1") == [Finish("budget-reached")]


def test_shares_count_molecules_and_not_the_errors_of_floating_point_numbers():
    for share, budget in [(0.07, 7), (0.29, 29), (0.57, 57), (0.1, 10)]:
        plan = a_plan(budget=100, rungs=(Rung("dft", share),))
        assert plan.budgets == (100, budget)
    assert a_plan(budget=101, rungs=(Rung("a", 0.5), Rung("b", 0.1))).budgets == (101, 51, 6)
    campaign = ladder(budget=9, slots_simulate=9, rungs=(Rung("dft", 1 / 3),))
    assert [len(xtb(campaign, molecule, 1.0)) for molecule in range(9)] == [0, 0, 1] * 3


def test_further_attempts_come_first_then_promotions_and_then_new_molecules():
    campaign = ladder(budget=9, slots_simulate=2, rungs=ALL)
    campaign.tell(SlotsChanged(1.0, "simulate", 0))
    xtb(campaign, 0, 1.0)
    campaign.fail("simulate/1/xtb/1", retryable=True)
    again = DispatchSimulation(1, "xtb", attempt=2)
    commands = campaign.tell(SlotsChanged(2.0, "simulate", 3))
    assert commands == (again, *climb(0), *simulate(2))


def test_the_highest_rung_has_the_first_right_to_a_free_place():
    campaign = ladder(budget=9, slots_simulate=2, rungs=(*ALL, Rung("ccsd", 1.0)))
    assert xtb(campaign, 0, 1.0) == climb(0)
    campaign.tell(SlotsChanged(1.0, "simulate", 0))
    xtb(campaign, 1, 1.0)
    campaign.succeed("simulate/0/dft/1", merit=0.5)
    commands = campaign.tell(SlotsChanged(2.0, "simulate", 2))
    assert commands == (*climb(0, level="ccsd"), *climb(1))


def test_a_molecule_given_up_at_a_rung_frees_its_place_for_the_next_best():
    campaign = ladder(budget=2, slots_simulate=2)
    xtb(campaign, 0, 1.0)
    assert xtb(campaign, 1, 2.0) == climb(1)
    assert campaign.fail("simulate/1/dft/1") == climb(0)
    assert campaign.succeed("simulate/0/dft/1") == [Finish("budget-reached")]


def test_a_failure_at_a_rung_is_tried_again_before_anybody_else_climbs():
    campaign = ladder(budget=4)
    xtb(campaign, 0, 1.0)
    xtb(campaign, 1, 2.0)
    again = DispatchSimulation(1, "dft", attempt=2)
    assert campaign.fail("simulate/1/dft/1", retryable=True) == [again]
    assert campaign.fail("simulate/1/dft/2", retryable=True) == climb(0)
    assert list(campaign.state.levels[1].abandoned) == [1]


def test_a_rung_that_can_get_no_further_does_not_keep_a_campaign_from_its_end():
    campaign = ladder(budget=1, rungs=ALL)
    assert xtb(campaign, 0, 1.0) == climb(0)
    assert campaign.fail("simulate/0/dft/1") == [Finish("budget-reached")]


def test_a_rung_that_fails_again_and_again_ends_the_campaign_though_the_first_level_succeeds():
    campaign = ladder(budget=9, rungs=ALL, failure_limit=2)
    assert xtb(campaign, 0, 1.0) == climb(0)
    assert campaign.fail("simulate/0/dft/1") == simulate(1)
    assert xtb(campaign, 1, 1.0) == climb(1)
    assert campaign.fail("simulate/1/dft/1") == [Finish("failing")]
    assert campaign.tell(Resumed(1.0)) == tuple(simulate(2))


def test_a_molecule_given_up_is_tried_anew_at_the_level_that_gave_it_up():
    campaign = ladder(budget=1, rungs=ALL)
    xtb(campaign, 0, 1.0)
    campaign.fail("simulate/0/dft/1")
    again = DispatchSimulation(0, "dft", attempt=2, taken_back=1)
    assert campaign.tell(RetryRequested(1.0, (0, 0, 5))) == (again,)
    assert campaign.succeed("simulate/0/dft/2") == [Finish("budget-reached")]
    assert campaign.state.successes == 2


def test_every_level_gives_labels_to_learn_from():
    campaign = ladder(budget=9, rungs=ALL, first_training_after=2)
    xtb(campaign, 0, 1.0)
    train = DispatchTraining(1, 0, (0,), labels=2, warm=False)
    assert campaign.succeed("simulate/0/dft/1") == [*simulate(1), train]


def test_promotions_do_not_wait_for_models():
    for during_update in ("pause", "hold-while-training"):
        campaign = ladder(
            budget=9, slots_simulate=2, first_training_after=1, during_update=during_update
        )
        assert isinstance(xtb(campaign, 0, 1.0)[0], DispatchTraining)
        assert xtb(campaign, 1, 2.0) == climb(1)
        assert campaign.succeed("simulate/1/dft/1") == []


def test_promotions_wait_in_a_pause_and_after_a_stop():
    campaign = ladder(budget=2, rungs=ALL, slots_simulate=2)
    campaign.tell(Paused(1.0))
    assert xtb(campaign, 0, 1.0) == []
    assert campaign.tell(Resumed(2.0)) == (*climb(0),)
    assert campaign.stop() == ()
    assert xtb(campaign, 1, 1.0) == []
    assert campaign.succeed("simulate/0/dft/1") == [Finish("stopped")]
    assert campaign.tell(Resumed(3.0)) == (*climb(1),)


def test_a_stop_waits_for_simulations_of_every_level_and_begins_no_update_meanwhile():
    campaign = Campaign(a_plan(budget=9, rungs=ALL), (0,))
    xtb(campaign, 0, 1.0)
    campaign.stop()
    assert campaign.succeed("simulate/0/dft/1") == [Finish("stopped")]


def test_a_stop_at_once_takes_back_every_level_and_costs_nobody_a_try():
    campaign = ladder(budget=3, rungs=ALL, slots_simulate=2)
    xtb(campaign, 0, 1.0)
    assert campaign.tell(StopRequested(1.0, now=True)) == (
        CancelTasks(("simulate/0/dft/1", "simulate/1/xtb/1")),
        Finish("stopped"),
    )
    assert campaign.tell(Resumed(2.0)) == (
        DispatchSimulation(0, "dft", attempt=2, taken_back=1),
        DispatchSimulation(1, "xtb", attempt=2, taken_back=1),
    )


def test_what_a_level_needs_no_longer_is_taken_back_when_its_budget_is_lowered():
    campaign = ladder(budget=4, slots_simulate=3, rungs=ALL)
    xtb(campaign, 0, 1.0)
    campaign.tell(PlanChanged(1.0, replace(campaign.state.plan, budget=1)))
    assert campaign.state.in_flight == (DispatchSimulation(0, "dft"),)
    assert campaign.succeed("simulate/0/dft/1") == [Finish("budget-reached")]
    more = campaign.tell(PlanChanged(2.0, replace(campaign.state.plan, budget=2)))
    assert more == (DispatchSimulation(1, "xtb", attempt=2, taken_back=1),)


def test_a_larger_budget_lets_more_molecules_climb():
    campaign = ladder(budget=2)
    xtb(campaign, 0, 1.0)
    xtb(campaign, 1, 2.0)
    assert campaign.succeed("simulate/1/dft/1") == [Finish("budget-reached")]
    campaign.tell(PlanChanged(1.0, replace(campaign.state.plan, budget=4)))
    xtb(campaign, 2, 3.0)
    assert xtb(campaign, 3, 0.0) == climb(2)


def test_where_the_space_is_exhausted_the_whole_budget_of_a_rung_may_be_used():
    campaign = Campaign(a_plan(space_size=3, rungs=(Rung("dft", 0.2),)), (0, 1, 2))
    xtb(campaign, 0, 1.0)
    xtb(campaign, 1, 2.0)
    assert xtb(campaign, 2, 3.0) == climb(2)
    assert campaign.succeed("simulate/2/dft/1") == climb(1)
    assert campaign.succeed("simulate/1/dft/1") == [Finish("out-of-candidates")]


def test_a_model_that_names_nothing_new_leaves_the_campaign_to_its_rungs():
    campaign = Campaign(a_plan(budget=9, rungs=(Rung("dft", 0.1),), space_size=4), (0,))
    assert isinstance(xtb(campaign, 0, 1.0)[0], DispatchTraining)  # nobody climbs: 0.1 of one
    campaign.succeed("train/1/0/1")
    ended = campaign.succeed("infer/1/0/1", candidates=ranked(0))
    assert ended == [UpdateEnded(1, "completed"), *climb(0)]
    again = DispatchTraining(2, 0, (0,), labels=2, warm=False)
    assert campaign.succeed("simulate/0/dft/1") == [again]  # it has one more label
    assert campaign.succeed("train/2/0/1") == [DispatchInference(2, 0)]
    assert campaign.succeed("infer/2/0/1") == [
        UpdateEnded(2, "completed"),
        Finish("out-of-candidates"),
    ]


def test_a_rung_under_way_does_not_keep_a_model_from_being_asked():
    campaign = Campaign(a_plan(budget=9, rungs=ALL), (0,))
    train = DispatchTraining(1, 0, (0,), labels=1, warm=False)
    assert xtb(campaign, 0, 1.0) == [*climb(0), train]


def test_the_higher_of_two_rungs_fills_up_from_the_lower_one():
    campaign = ladder(budget=4, rungs=(*HALF, Rung("ccsd", 0.5)))
    for molecule, merit in enumerate([1.0, 2.0]):
        xtb(campaign, molecule, merit)
    assert campaign.succeed("simulate/1/dft/1", merit=5.0) == simulate(2)
    xtb(campaign, 2, 3.0)
    assert xtb(campaign, 3, 0.0) == climb(2)
    assert campaign.succeed("simulate/2/dft/1", merit=4.0) == climb(1, level="ccsd")
    assert campaign.succeed("simulate/1/ccsd/1") == [Finish("budget-reached")]


def test_simulations_of_all_levels_share_slots_and_queue():
    campaign = ladder(budget=9, slots_simulate=2, buffer=1, rungs=ALL)
    assert campaign.first_commands == (*simulate(0, 1, 2),)
    assert xtb(campaign, 0, 1.0) == climb(0)
    assert campaign.state.in_flight_of("simulate") == 3


def test_a_level_that_told_twice_or_too_late_counts_once():
    campaign = ladder(budget=9, rungs=ALL, slots_simulate=1)
    xtb(campaign, 0, 1.0)
    assert xtb(campaign, 0, 1.0) == []
    campaign.succeed("simulate/0/dft/1")
    assert campaign.succeed("simulate/0/dft/1", merit=1.0) == []
    assert [level.successes for level in campaign.state.levels] == [1, 1]


def test_a_state_read_back_lets_the_same_molecules_climb():
    campaign = ladder(budget=9, slots_simulate=3)
    for molecule, merit in enumerate([1.0, 3.0, float("-inf"), 2.0]):
        xtb(campaign, molecule, merit)
    assert state_from_json(state_to_json(campaign.state)) == campaign.state
