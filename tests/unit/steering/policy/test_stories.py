"""What each knob of a campaign does, told event by event."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.referee import Campaign, a_plan, ranked, success

from molsteer.steering.policy.commands import (
    CancelTasks,
    DispatchInference,
    DispatchSimulation,
    DispatchTraining,
    Finish,
    UpdateEnded,
)
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.errors import PolicyDefect
from molsteer.steering.policy.events import (
    Began,
    Candidate,
    Paused,
    PlanChanged,
    Resumed,
    RetryRequested,
    SlotsChanged,
    StopRequested,
    Ticked,
)
from molsteer.steering.policy.state import State

pytestmark = pytest.mark.fast


def simulate(*molecules: int) -> list[DispatchSimulation]:
    return [DispatchSimulation(molecule, "xtb") for molecule in molecules]


def test_a_whole_campaign_of_one_slot_each():
    campaign = Campaign(a_plan(budget=3, first_training_after=1, retrain_after=9), (7, 8))
    assert campaign.first_commands == (DispatchSimulation(7, "xtb"),)
    train = DispatchTraining(generation=1, group=0, members=(0,), labels=1, warm=False)
    assert campaign.succeed("simulate/7/xtb/1") == [*simulate(8), train]
    assert campaign.succeed("train/1/0/1") == [DispatchInference(generation=1, chunk=0)]
    assert campaign.succeed("infer/1/0/1", candidates=ranked(8, 5, 6)) == [
        UpdateEnded(1, "completed")
    ]
    assert campaign.succeed("simulate/8/xtb/1") == simulate(5)  # 8 is running, 5 is the next best
    assert campaign.succeed("simulate/5/xtb/1") == [Finish("budget-reached")]


def test_work_waits_in_the_queue_beyond_the_running_simulations_but_within_the_budget():
    assert len(Campaign(a_plan(slots_simulate=2, buffer=3), tuple(range(9))).first_commands) == 5
    short = Campaign(a_plan(slots_simulate=2, buffer=3, budget=4), tuple(range(9)))
    assert len(short.first_commands) == 4


def test_a_label_that_lands_during_an_update_makes_the_next_one_start_at_once():
    campaign = Campaign(a_plan(first_training_after=1, retrain_after=1), (1, 2, 3, 4))
    campaign.succeed("simulate/1/xtb/1", "simulate/2/xtb/1")
    campaign.succeed("train/1/0/1")
    train = DispatchTraining(generation=2, group=0, members=(0,), labels=2, warm=False)
    assert campaign.succeed("infer/1/0/1") == [UpdateEnded(1, "completed"), train]


def test_models_that_were_given_rank_the_space_before_anything_is_simulated_or_trained():
    campaign = Campaign(a_plan(pretrained=True, warm_start=True, retrain_after=2), (7, 8))
    assert campaign.first_commands == (DispatchInference(generation=1, chunk=0),)
    assert campaign.succeed("infer/1/0/1", candidates=ranked(5, 6)) == [
        UpdateEnded(1, "completed"),
        *simulate(5),
    ]
    assert campaign.succeed("simulate/5/xtb/1") == simulate(6)
    assert campaign.succeed("simulate/6/xtb/1") == [
        *simulate(7),
        DispatchTraining(generation=2, group=0, members=(0,), labels=2, warm=True),
    ]


def test_while_given_models_rank_nothing_begins_but_what_they_name():
    campaign = Campaign(a_plan(pretrained=True, chunk_size=5, slots_simulate=2), (7, 8))
    named = campaign.succeed("infer/1/0/1", candidates=ranked(3, 4, 1))
    assert named == [*simulate(3), *simulate(4), DispatchInference(generation=1, chunk=1)]
    assert campaign.succeed("simulate/3/xtb/1") == simulate(1)
    assert campaign.succeed("simulate/4/xtb/1") == []


def test_a_campaign_that_waits_for_its_first_model_goes_on_with_its_first_label():
    plan = a_plan(known_labels=3, first_training_after=3, labels_first=True, chunk_size=5)
    campaign = Campaign(plan, (7, 8))
    campaign.succeed("train/1/0/1")
    named = campaign.succeed("infer/1/0/1", candidates=ranked(3))
    assert named == [*simulate(3), DispatchInference(generation=1, chunk=1)]
    assert campaign.succeed("simulate/3/xtb/1") == simulate(7)


def test_places_that_first_models_leave_free_stay_free_until_they_have_ranked():
    waiting = a_plan(chunk_size=5, slots_simulate=2, first_training_after=3)
    scoring = DispatchInference(generation=1, chunk=1)
    given = Campaign(replace(waiting, pretrained=True), (7, 8))
    assert given.succeed("infer/1/0/1", candidates=ranked(3)) == [*simulate(3), scoring]
    taught = Campaign(replace(waiting, known_labels=3, labels_first=True), (7, 8))
    taught.succeed("train/1/0/1")
    assert taught.succeed("infer/1/0/1", candidates=ranked(3)) == [*simulate(3), scoring]


def test_labels_that_suffice_for_a_model_give_one_before_anything_is_simulated():
    plan = a_plan(known_labels=3, first_training_after=3, labels_first=True)
    campaign = Campaign(plan, (7, 8))
    assert campaign.first_commands == (
        DispatchTraining(generation=1, group=0, members=(0,), labels=3, warm=False),
    )
    assert campaign.succeed("train/1/0/1") == [DispatchInference(generation=1, chunk=0)]
    assert campaign.succeed("infer/1/0/1", candidates=ranked(5, 6)) == [
        UpdateEnded(1, "completed"),
        *simulate(5),
    ]
    assert campaign.succeed("simulate/5/xtb/1") == simulate(6)


def test_where_labels_give_no_model_or_nobody_can_learn_a_campaign_begins_without_it():
    plan = a_plan(known_labels=3, first_training_after=3, labels_first=True, attempts=1)
    campaign = Campaign(plan, (7, 8))
    assert campaign.fail("train/1/0/1") == [UpdateEnded(1, "failed"), *simulate(7)]
    assert Campaign(replace(plan, slots_train=0), (7, 8)).first_commands == (*simulate(7),)


def test_given_models_rank_again_if_a_stop_cut_them_short():
    campaign = Campaign(a_plan(pretrained=True), (7, 8))
    assert campaign.stop() == (
        CancelTasks(("infer/1/0/1",)),
        UpdateEnded(1, "cancelled"),
        Finish("stopped"),
    )
    assert campaign.tell(Resumed(campaign.at)) == (DispatchInference(generation=2, chunk=0),)


def test_where_given_models_cannot_rank_a_campaign_begins_without_them():
    campaign = Campaign(a_plan(pretrained=True, warm_start=True, retrain_after=1), (7, 8))
    assert campaign.fail("infer/1/0/1") == [UpdateEnded(1, "failed"), *simulate(7)]
    train = DispatchTraining(generation=2, group=0, members=(0,), labels=1, warm=False)
    assert campaign.succeed("simulate/7/xtb/1") == [*simulate(8), train]


def test_the_first_update_and_later_ones_have_their_own_triggers():
    campaign = Campaign(a_plan(first_training_after=2, retrain_after=3), tuple(range(9)))
    campaign.succeed("simulate/0/xtb/1")
    assert campaign.state.update is None
    campaign.succeed("simulate/1/xtb/1", "train/1/0/1", "infer/1/0/1")
    campaign.succeed("simulate/2/xtb/1", "simulate/3/xtb/1")
    assert campaign.state.generation == 1
    campaign.succeed("simulate/4/xtb/1")
    assert campaign.state.generation == 2


def test_labels_known_from_the_start_are_learned_from_before_anything_is_simulated():
    campaign = Campaign(a_plan(known_labels=5, first_training_after=5), (1,))
    train = DispatchTraining(generation=1, group=0, members=(0,), labels=5, warm=False)
    assert campaign.first_commands == (DispatchSimulation(1, "xtb"), train)


def test_molecules_with_known_labels_are_never_chosen_and_cost_nothing_of_the_budget():
    plan = a_plan(budget=2, known_labels=2, first_training_after=2, during_update="pause")
    campaign = Campaign(plan, (3, 4), known=(3, 7))
    assert campaign.first_commands == (DispatchTraining(1, 0, (0,), labels=2, warm=False),)
    campaign.succeed("train/1/0/1")
    ended = campaign.succeed("infer/1/0/1", candidates=ranked(7, 3, 5, 6))
    assert ended == [UpdateEnded(1, "completed"), *simulate(5)]
    assert campaign.succeed("simulate/5/xtb/1") == simulate(6)
    assert campaign.succeed("simulate/6/xtb/1") == [Finish("budget-reached")]


def test_a_space_whose_every_label_is_known_has_no_candidates():
    campaign = Campaign(a_plan(known_labels=10), known=tuple(range(10)))
    assert campaign.first_commands == (Finish("out-of-candidates"),)


def test_labels_known_of_molecules_outside_the_space_leave_all_of_it_to_choose_from():
    campaign = Campaign(a_plan(known_labels=500, space_size=1), (0,))
    assert campaign.first_commands == (*simulate(0),)
    assert campaign.succeed("simulate/0/xtb/1") == [Finish("out-of-candidates")]


def test_pausing_lets_running_work_end_and_chooses_again_from_the_new_ranking():
    plan = a_plan(slots_simulate=2, first_training_after=1, during_update="pause")
    campaign = Campaign(plan, tuple(range(9)))
    assert campaign.succeed("simulate/0/xtb/1")[0] == DispatchTraining(1, 0, (0,), 1, warm=False)
    assert campaign.succeed("simulate/1/xtb/1") == []
    assert campaign.succeed("train/1/0/1") == [DispatchInference(1, 0)]
    assert campaign.succeed("infer/1/0/1", candidates=ranked(9, 8, 7)) == [
        UpdateEnded(1, "completed"),
        *simulate(9, 8),
    ]


def test_pausing_does_not_hold_back_the_next_attempt_of_a_molecule():
    plan = a_plan(slots_simulate=2, first_training_after=1, during_update="pause")
    campaign = Campaign(plan, tuple(range(9)))
    campaign.succeed("simulate/0/xtb/1")
    assert campaign.fail("simulate/1/xtb/1", retryable=True) == [
        DispatchSimulation(1, "xtb", attempt=2)
    ]


def test_a_target_reached_while_paused_ends_the_campaign_instead_of_waiting_for_the_update():
    plan = a_plan(budget=3, slots_simulate=2, first_training_after=1, during_update="pause")
    campaign = Campaign(plan, (0, 1, 2, 3))
    campaign.succeed("simulate/0/xtb/1", "simulate/1/xtb/1", "train/1/0/1")
    assert campaign.succeed("infer/1/0/1") == [UpdateEnded(1, "completed"), *simulate(2)]
    assert campaign.succeed("simulate/2/xtb/1") == [Finish("budget-reached")]


def test_an_update_is_taken_back_at_once_when_the_budget_leaves_nothing_to_choose_by_it():
    campaign = Campaign(a_plan(budget=3, first_training_after=1), (0, 1, 2))
    campaign.succeed("simulate/0/xtb/1")
    assert campaign.succeed("simulate/1/xtb/1") == [
        *simulate(2),
        CancelTasks(("train/1/0/1",)),
        UpdateEnded(1, "cancelled"),
    ]
    assert campaign.succeed("train/1/0/1") == []
    assert campaign.succeed("simulate/2/xtb/1") == [Finish("budget-reached")]


def test_an_update_whose_last_chunk_uses_up_the_budget_is_completed_all_the_same():
    campaign = Campaign(a_plan(budget=2, first_training_after=1), (0,))
    campaign.succeed("simulate/0/xtb/1", "train/1/0/1")
    assert campaign.succeed("infer/1/0/1", candidates=ranked(5)) == [
        UpdateEnded(1, "completed"),
        *simulate(5),
    ]


def test_an_update_does_not_begin_when_free_slots_use_up_the_budget():
    campaign = Campaign(a_plan(budget=2, first_training_after=1), (0, 1, 2))
    assert campaign.succeed("simulate/0/xtb/1") == simulate(1)


def test_holding_refills_as_soon_as_the_members_are_trained():
    plan = a_plan(first_training_after=1, during_update="hold-while-training")
    campaign = Campaign(plan, tuple(range(9)))
    assert campaign.succeed("simulate/0/xtb/1") == [DispatchTraining(1, 0, (0,), 1, warm=False)]
    assert campaign.succeed("train/1/0/1") == [
        DispatchSimulation(1, "xtb"),
        DispatchInference(1, 0),
    ]


def test_candidates_are_used_as_a_chunk_arrives_or_when_all_are_there():
    assert chosen_while_chunks_arrive("progressive") == [8, 19, 7]
    assert chosen_while_chunks_arrive("complete") == [2, 8, 19]


def chosen_while_chunks_arrive(merge: str) -> list[int]:
    plan = a_plan(merge=merge, first_training_after=1, space_size=20)
    campaign = Campaign(plan, (0, 1, 2, 3))
    campaign.succeed("simulate/0/xtb/1", "train/1/0/1")
    campaign.succeed("infer/1/0/1", candidates=(Candidate(8, 11.0), Candidate(7, 10.0)))
    (first,) = campaign.succeed("simulate/1/xtb/1")
    campaign.succeed("infer/1/1/1", candidates=(Candidate(19, 10.5),))
    (second,) = campaign.succeed(first.task_id)
    (third,) = campaign.succeed(second.task_id)
    return [task.molecule for task in (first, second, third)]


def test_a_chunk_scored_anew_replaces_what_the_last_model_said_about_it_and_nothing_else():
    plan = a_plan(first_training_after=1, retrain_after=1, space_size=20)
    campaign = Campaign(plan, (0, 1))
    campaign.succeed("simulate/0/xtb/1", "train/1/0/1")
    campaign.succeed("infer/1/0/1", candidates=ranked(2, 3))
    campaign.succeed("infer/1/1/1", candidates=ranked(11, 12))
    assert campaign.succeed("simulate/1/xtb/1")[0] == DispatchSimulation(2, "xtb")
    campaign.succeed("train/2/0/1")
    campaign.succeed("infer/2/0/1", candidates=(Candidate(5, 3.0),))
    order = [candidate.molecule for candidate in campaign.state.shortlist.fresh.rest]
    older = [candidate.molecule for candidate in campaign.state.shortlist.stale.rest]
    assert (order, older) == ([5], [11, 12])


def test_older_candidates_of_a_chunk_that_was_skipped_end_with_the_update():
    campaign = Campaign(a_plan(first_training_after=1, retrain_after=1, space_size=20), (0, 1))
    campaign.succeed("simulate/0/xtb/1", "train/1/0/1")
    campaign.succeed("infer/1/0/1", candidates=ranked(2, 3))
    campaign.succeed("infer/1/1/1", candidates=ranked(11, 12))
    campaign.succeed("simulate/1/xtb/1", "train/2/0/1")
    campaign.fail("infer/2/0/1")
    campaign.succeed("infer/2/1/1", candidates=ranked(13))
    assert [candidate.molecule for candidate in campaign.state.shortlist.fresh.rest] == [13]
    assert len(campaign.state.shortlist.stale) == 0


def test_starters_are_a_last_resort_once_there_is_a_ranking():
    campaign = Campaign(a_plan(first_training_after=1), (0, 1, 2))
    campaign.succeed("simulate/0/xtb/1", "train/1/0/1")
    campaign.succeed("infer/1/0/1", candidates=ranked(9))
    assert campaign.succeed("simulate/1/xtb/1") == simulate(9)
    assert campaign.succeed("simulate/9/xtb/1") == simulate(2)


def test_the_shortlist_keeps_the_best_of_all_chunks_whatever_order_they_come_in():
    plan = a_plan(first_training_after=1, shortlist=2, space_size=20, slots_infer=2)
    kept = []
    for order in (("infer/1/0/1", "infer/1/1/1"), ("infer/1/1/1", "infer/1/0/1")):
        campaign = Campaign(plan, (0, 1))
        campaign.succeed("simulate/0/xtb/1", "train/1/0/1")
        for task_id in order:
            first = 10 * int(task_id.split("/")[2]) + 5
            candidates = (Candidate(first, 9.0), Candidate(first + 1, 8.0))
            campaign.succeed(task_id, candidates=candidates)
        kept.append(campaign.state.shortlist.fresh)
    assert kept[0] == kept[1]
    assert [candidate.molecule for candidate in kept[0].rest] == [5, 15]


def test_the_journal_holds_only_those_candidates_that_are_among_the_best_so_far():
    for merge in ("progressive", "complete"):
        plan = a_plan(merge=merge, first_training_after=1, shortlist=3, space_size=20)
        campaign = Campaign(plan, (0, 11))
        campaign.succeed("simulate/0/xtb/1", "train/1/0/1")
        campaign.succeed("infer/1/0/1", candidates=ranked(5, 6, 7))
        scored = success(0.0, "infer/1/1/1", ranked(11, 13, 14, 15))
        kept = decide(campaign.state, scored).kept_event
        assert kept == replace(scored, candidates=ranked(11, 13)[1:])


def test_members_are_shared_out_evenly_over_the_training_slots():
    plan = a_plan(first_training_after=1, members=8, slots_train=3)
    campaign = Campaign(plan, (0, 1))
    tasks = [
        task for task in campaign.succeed("simulate/0/xtb/1") if isinstance(task, DispatchTraining)
    ]
    assert [task.members for task in tasks] == [(0, 1), (2, 3, 4), (5, 6, 7)]


def test_members_start_warm_only_where_that_is_wanted_and_an_update_was_completed():
    for warm_start in (False, True):
        plan = a_plan(first_training_after=1, retrain_after=1, warm_start=warm_start)
        campaign = Campaign(plan, tuple(range(9)))
        campaign.succeed("simulate/0/xtb/1")
        campaign.fail("train/1/0/1")
        campaign.succeed("simulate/1/xtb/1", "train/2/0/1", "infer/2/0/1", "simulate/2/xtb/1")
        asked = [task.warm for task in campaign.asked if isinstance(task, DispatchTraining)]
        assert asked == [False, False, warm_start]


def test_a_molecule_that_fails_again_and_again_is_given_up_and_not_charged_to_the_budget():
    campaign = Campaign(a_plan(budget=1, attempts=2), (4, 5))
    assert campaign.fail("simulate/4/xtb/1", retryable=True) == [
        DispatchSimulation(4, "xtb", attempt=2)
    ]
    assert campaign.fail("simulate/4/xtb/2", retryable=True) == simulate(5)
    assert list(campaign.state.first.abandoned) == [4]
    assert campaign.succeed("simulate/5/xtb/1") == [Finish("budget-reached")]


def test_a_budget_of_attempts_is_charged_for_molecules_that_are_given_up():
    campaign = Campaign(a_plan(budget=2, attempts=2, budget_counts="attempts"), (4, 5, 6))
    campaign.fail("simulate/4/xtb/1", retryable=True)
    assert campaign.fail("simulate/4/xtb/2", retryable=True) == simulate(5)
    assert campaign.succeed("simulate/5/xtb/1") == [Finish("budget-reached")]


def test_where_budgets_count_attempts_updates_do_so_too_and_batches_keep_their_size():
    plan = a_plan(budget_counts="attempts", first_training_after=2, retrain_after=2)
    campaign = Campaign(plan, (0, 1, 2, 3, 4, 5))
    campaign.fail("simulate/0/xtb/1")
    first = DispatchTraining(1, 0, (0,), labels=1, warm=False)
    assert campaign.succeed("simulate/1/xtb/1") == [*simulate(2), first]
    campaign.succeed("train/1/0/1", "infer/1/0/1")
    campaign.fail("simulate/2/xtb/1")
    second = DispatchTraining(2, 0, (0,), labels=1, warm=False)
    assert campaign.fail("simulate/3/xtb/1") == [*simulate(4), second]


def test_failures_alone_teach_nothing_where_budgets_count_attempts():
    plan = a_plan(budget_counts="attempts", first_training_after=2)
    campaign = Campaign(plan, (0, 1, 2, 3))
    campaign.fail("simulate/0/xtb/1")
    campaign.fail("simulate/1/xtb/1")
    assert campaign.fail("simulate/2/xtb/1") == simulate(3)
    train = DispatchTraining(1, 0, (0,), labels=1, warm=False)
    assert campaign.succeed("simulate/3/xtb/1") == [train]


def test_given_models_are_not_followed_by_others_that_learned_nothing():
    plan = a_plan(budget_counts="attempts", retrain_after=1, pretrained=True, failure_limit=9)
    campaign = Campaign(plan, (0, 1))
    campaign.succeed("infer/1/0/1", candidates=ranked(*range(9)))
    assert campaign.fail("simulate/0/xtb/1") == simulate(1)
    train = DispatchTraining(2, 0, (0,), labels=1, warm=True)
    assert train.task_id in [
        getattr(each, "task_id", None) for each in campaign.succeed("simulate/1/xtb/1")
    ]


def test_a_molecule_that_was_given_up_is_tried_anew_when_somebody_asks():
    campaign = Campaign(a_plan(budget=2, attempts=2), (4, 5))
    campaign.fail("simulate/4/xtb/1", retryable=False)
    assert campaign.tell(RetryRequested(2.0, (4, 5, 6, 4))) == ()
    assert campaign.succeed("simulate/5/xtb/1") == [
        DispatchSimulation(4, "xtb", attempt=2, taken_back=1)
    ]
    assert campaign.fail("simulate/4/xtb/2", retryable=True) == [
        DispatchSimulation(4, "xtb", attempt=3, taken_back=1)
    ]
    campaign.fail("simulate/4/xtb/3", retryable=True)
    assert list(campaign.state.first.abandoned) == [4]


def test_a_retry_opens_a_campaign_again_that_had_nothing_left():
    campaign = Campaign(a_plan(budget=2, space_size=2), (0, 1))
    campaign.succeed("simulate/0/xtb/1")
    campaign.fail("simulate/1/xtb/1")
    assert campaign.state.finished == "out-of-candidates"
    assert campaign.tell(RetryRequested(3.0, (0,))) == ()
    assert campaign.tell(RetryRequested(4.0, (1,))) == (
        DispatchSimulation(1, "xtb", attempt=2, taken_back=1),
    )
    assert campaign.succeed("simulate/1/xtb/2") == [Finish("budget-reached")]


def test_a_failure_that_no_retry_can_mend_is_not_retried():
    assert Campaign(a_plan(), (4, 5)).fail("simulate/4/xtb/1", retryable=False) == simulate(5)


def test_results_that_are_repeated_or_late_change_nothing():
    campaign = Campaign(a_plan(first_training_after=1), (0, 1, 2))
    campaign.succeed("simulate/0/xtb/1")
    campaign.fail("train/1/0/1", retryable=True)
    before = campaign.state
    assert campaign.succeed("simulate/0/xtb/1", "train/1/0/1", "infer/1/0/1") == []
    assert campaign.fail("simulate/0/xtb/1", "train/1/0/1", "infer/7/7/7", retryable=True) == []
    assert campaign.state == before


def test_an_update_goes_on_without_members_that_could_not_be_trained():
    plan = a_plan(first_training_after=1, members=4, slots_train=2, attempts=1)
    campaign = Campaign(plan, (0, 1))
    campaign.succeed("simulate/0/xtb/1")
    assert campaign.fail("train/1/0/1", retryable=True) == []
    assert campaign.state.update_progress == ("training", 2, 4)
    assert campaign.succeed("train/1/1/1") == [DispatchInference(1, 0)]


def test_an_update_that_lost_all_members_fails_and_another_begins_when_it_is_due_again():
    campaign = Campaign(a_plan(first_training_after=1, retrain_after=2), tuple(range(9)))
    campaign.succeed("simulate/0/xtb/1")
    assert campaign.fail("train/1/0/1") == [UpdateEnded(1, "failed")]
    assert campaign.succeed("simulate/1/xtb/1") == simulate(2)
    assert campaign.succeed("simulate/2/xtb/1") == [
        *simulate(3),
        DispatchTraining(2, 0, (0,), labels=3, warm=False),
    ]


def test_a_chunk_that_cannot_be_scored_is_skipped_unless_it_is_the_only_one():
    campaign = Campaign(a_plan(first_training_after=1, space_size=20), (0, 1))
    campaign.succeed("simulate/0/xtb/1", "train/1/0/1")
    assert campaign.fail("infer/1/0/1") == [DispatchInference(1, 1)]
    assert campaign.state.update_progress == ("scoring", 1, 2)
    assert campaign.succeed("infer/1/1/1") == [UpdateEnded(1, "completed")]
    campaign = Campaign(a_plan(first_training_after=1), (0, 1))
    campaign.succeed("simulate/0/xtb/1", "train/1/0/1")
    assert campaign.fail("infer/1/0/1") == [UpdateEnded(1, "failed")]


def test_a_stop_takes_updates_back_and_lets_running_simulations_end():
    campaign = Campaign(a_plan(slots_simulate=2, first_training_after=1), tuple(range(9)))
    campaign.succeed("simulate/0/xtb/1")
    assert campaign.stop() == (CancelTasks(("train/1/0/1",)), UpdateEnded(1, "cancelled"))
    assert campaign.fail("simulate/1/xtb/1", retryable=True) == []
    assert campaign.succeed("simulate/2/xtb/1") == [Finish("stopped")]


def test_in_a_pause_nothing_begins_and_what_runs_goes_on():
    campaign = Campaign(a_plan(slots_simulate=2, first_training_after=1), tuple(range(9)))
    campaign.succeed("simulate/0/xtb/1")
    assert campaign.tell(Paused(1.0)) == ()
    assert campaign.fail("simulate/1/xtb/1", retryable=True) == []
    assert campaign.succeed("simulate/2/xtb/1", "train/1/0/1") == []
    assert campaign.state.in_flight == ()
    assert campaign.tell(Resumed(2.0)) == (
        DispatchSimulation(1, "xtb", attempt=2),
        *simulate(3),
        DispatchInference(1, 0),
    )


def test_a_label_that_lands_in_a_pause_is_learned_from_afterwards():
    campaign = Campaign(a_plan(first_training_after=2, slots_simulate=2), tuple(range(9)))
    campaign.tell(Paused(1.0))
    assert campaign.succeed("simulate/0/xtb/1", "simulate/1/xtb/1") == []
    train = DispatchTraining(1, 0, (0,), labels=2, warm=False)
    assert campaign.tell(Resumed(2.0)) == (*simulate(2, 3), train)


def test_a_campaign_that_reaches_its_budget_in_a_pause_ends():
    campaign = Campaign(a_plan(budget=1), (0, 1))
    campaign.tell(Paused(1.0))
    assert campaign.succeed("simulate/0/xtb/1") == [Finish("budget-reached")]


def test_a_stop_is_lifted_while_simulations_end_or_after_all_have_ended():
    campaign = Campaign(a_plan(slots_simulate=2), tuple(range(9)))
    campaign.stop()
    assert campaign.fail("simulate/0/xtb/1", retryable=True) == []
    again = DispatchSimulation(0, "xtb", attempt=2)
    assert campaign.tell(Resumed(1.0)) == (again,)
    campaign.stop()
    campaign.fail("simulate/0/xtb/2", retryable=False)
    assert campaign.succeed("simulate/1/xtb/1") == [Finish("stopped")]
    assert campaign.tell(Resumed(2.0)) == tuple(simulate(2, 3))


def test_a_stop_at_once_takes_everything_back_and_costs_no_molecule_a_try():
    plan = a_plan(slots_simulate=2, first_training_after=1, attempts=2)
    campaign = Campaign(plan, tuple(range(9)))
    campaign.succeed("simulate/0/xtb/1")
    assert campaign.tell(StopRequested(1.0, now=True)) == (
        CancelTasks(("simulate/1/xtb/1", "simulate/2/xtb/1", "train/1/0/1")),
        UpdateEnded(1, "cancelled"),
        Finish("stopped"),
    )
    first, second = (
        DispatchSimulation(1, "xtb", 2, taken_back=1),
        DispatchSimulation(2, "xtb", 2, taken_back=1),
    )
    assert campaign.tell(Resumed(2.0)) == (first, second)
    third = DispatchSimulation(1, "xtb", 3, taken_back=1)
    assert campaign.fail("simulate/1/xtb/2", retryable=True) == [third]
    assert campaign.fail("simulate/1/xtb/3", retryable=True) == simulate(3)


def test_an_update_that_a_stop_took_back_is_made_again_from_all_labels():
    campaign = Campaign(a_plan(first_training_after=1, retrain_after=1), tuple(range(9)))
    campaign.succeed("simulate/0/xtb/1")
    campaign.tell(StopRequested(1.0, now=True))
    train = DispatchTraining(2, 0, (0,), labels=1, warm=False)
    assert train in campaign.tell(Resumed(2.0))


def test_a_larger_budget_calls_a_campaign_back_from_its_end():
    campaign = Campaign(a_plan(budget=1), (0, 1, 2))
    assert campaign.succeed("simulate/0/xtb/1") == [Finish("budget-reached")]
    assert campaign.tell(Resumed(1.0)) == (Finish("budget-reached"),)
    plan = replace(campaign.state.plan, budget=2)
    assert campaign.tell(PlanChanged(2.0, plan)) == tuple(simulate(1))


def test_a_smaller_budget_is_not_passed_by_further_attempts():
    campaign = Campaign(a_plan(slots_simulate=3), tuple(range(9)))
    campaign.tell(PlanChanged(1.0, replace(campaign.state.plan, budget=2)))
    assert campaign.fail("simulate/0/xtb/1", retryable=True) == []
    assert campaign.succeed("simulate/1/xtb/1") == []
    assert campaign.succeed("simulate/2/xtb/1") == [Finish("budget-reached")]


def test_a_smaller_budget_ends_a_campaign_though_more_is_under_way():
    campaign = Campaign(a_plan(slots_simulate=3), tuple(range(9)))
    campaign.tell(PlanChanged(1.0, replace(campaign.state.plan, budget=1)))
    assert campaign.succeed("simulate/0/xtb/1") == [
        CancelTasks(("simulate/1/xtb/1", "simulate/2/xtb/1")),
        Finish("budget-reached"),
    ]


def test_a_campaign_that_kept_failing_gets_another_chance():
    campaign = Campaign(a_plan(failure_limit=2), tuple(range(9)))
    assert campaign.fail("simulate/0/xtb/1", "simulate/1/xtb/1")[-1] == Finish("failing")
    assert campaign.tell(Resumed(1.0)) == tuple(simulate(2))
    assert campaign.fail("simulate/2/xtb/1") == simulate(3)


def test_knobs_that_are_turned_count_from_then_on():
    campaign = Campaign(a_plan(buffer=0, retrain_after=1, attempts=2), tuple(range(9)))
    plan = replace(campaign.state.plan, buffer=2, attempts=1)
    assert campaign.tell(PlanChanged(1.0, plan)) == tuple(simulate(1, 2))
    assert campaign.fail("simulate/0/xtb/1", retryable=True) == simulate(3)


def test_tasks_are_taken_back_in_the_order_of_their_ids():
    plan = a_plan(first_training_after=1, members=12, slots_train=12)
    campaign = Campaign(plan, (0, 1))
    campaign.succeed("simulate/0/xtb/1")
    ids = sorted(f"train/1/{group}/1" for group in range(12))
    assert campaign.stop()[0] == CancelTasks(tuple(ids))


def test_slots_that_appear_are_filled_and_slots_that_vanish_are_not_refilled():
    campaign = Campaign(a_plan(), tuple(range(9)))
    assert campaign.tell(SlotsChanged(1.0, "simulate", 3)) == tuple(simulate(1, 2))
    assert campaign.tell(SlotsChanged(2.0, "simulate", 1)) == ()
    assert campaign.succeed("simulate/0/xtb/1", "simulate/1/xtb/1") == []
    assert campaign.succeed("simulate/2/xtb/1") == simulate(3)


def test_nothing_is_put_into_the_queue_of_a_topic_without_slots():
    campaign = Campaign(a_plan(buffer=2), tuple(range(9)))
    campaign.tell(SlotsChanged(1.0, "simulate", 0))
    assert campaign.succeed("simulate/0/xtb/1", "simulate/1/xtb/1", "simulate/2/xtb/1") == []
    assert campaign.tell(SlotsChanged(2.0, "simulate", 1)) == tuple(simulate(3, 4, 5))


def test_an_update_waits_for_trainers_and_then_learns_from_all_labels():
    plan = a_plan(slots_train=0, first_training_after=1, during_update="pause")
    campaign = Campaign(plan, (0, 1, 2))
    assert campaign.succeed("simulate/0/xtb/1", "simulate/1/xtb/1") == simulate(1, 2)
    train = DispatchTraining(1, 0, (0,), labels=2, warm=False)
    assert campaign.tell(SlotsChanged(2.0, "train", 1)) == (train,)


def test_a_failed_group_waits_while_fewer_trainers_are_there():
    plan = a_plan(first_training_after=1, members=2, slots_train=2)
    campaign = Campaign(plan, (0, 1))
    campaign.succeed("simulate/0/xtb/1")
    campaign.tell(SlotsChanged(3.0, "train", 1))
    assert campaign.fail("train/1/0/1", retryable=True) == []
    again = DispatchTraining(1, 0, (0,), labels=1, warm=False, attempt=2)
    assert campaign.succeed("train/1/1/1") == [again]


def test_a_starved_campaign_waits_for_trainers_and_scorers():
    campaign = Campaign(a_plan(slots_train=0, slots_infer=0), (0,))
    assert campaign.succeed("simulate/0/xtb/1") == []
    train = DispatchTraining(1, 0, (0,), labels=1, warm=False)
    assert campaign.tell(SlotsChanged(2.0, "train", 1)) == (train,)
    assert campaign.succeed("train/1/0/1") == []
    assert campaign.tell(SlotsChanged(4.0, "infer", 2)) == (DispatchInference(1, 0),)


def test_too_many_molecules_given_up_in_a_row_end_the_campaign_as_failing():
    campaign = Campaign(a_plan(failure_limit=2, slots_simulate=2), tuple(range(9)))
    campaign.fail("simulate/0/xtb/1")
    campaign.succeed("simulate/1/xtb/1")
    campaign.fail("simulate/2/xtb/1")
    assert campaign.fail("simulate/3/xtb/1") == [
        CancelTasks(("simulate/4/xtb/1",)),
        Finish("failing"),
    ]


def test_a_campaign_that_has_simulated_the_whole_space_is_out_of_candidates():
    campaign = Campaign(a_plan(space_size=2), (0, 1))
    assert campaign.succeed("simulate/0/xtb/1", "simulate/1/xtb/1")[-1] == Finish(
        "out-of-candidates"
    )


def test_a_campaign_whose_every_simulation_failed_is_failing_though_no_candidate_is_left():
    campaign = Campaign(a_plan(space_size=2), (0, 1))
    assert campaign.fail("simulate/0/xtb/1", "simulate/1/xtb/1")[-1] == Finish("failing")
    campaign = Campaign(a_plan(space_size=2), (0, 1))
    campaign.fail("simulate/0/xtb/1")
    assert campaign.succeed("simulate/1/xtb/1")[-1] == Finish("out-of-candidates")


def test_a_shortlist_that_runs_dry_asks_for_a_new_ranking_before_it_is_due():
    campaign = Campaign(a_plan(space_size=4), (0,))
    assert campaign.succeed("simulate/0/xtb/1") == [DispatchTraining(1, 0, (0,), 1, warm=False)]
    campaign.succeed("train/1/0/1")
    campaign.succeed("infer/1/0/1", candidates=ranked(1))
    campaign.fail("simulate/1/xtb/1")  # no new label, but the ranking has room for others now
    campaign.succeed("train/2/0/1")
    assert campaign.succeed("infer/2/0/1", candidates=ranked(2))[-1] == DispatchSimulation(2, "xtb")


def test_a_model_that_names_nothing_new_and_learned_nothing_new_ends_the_campaign():
    campaign = Campaign(a_plan(space_size=4), (0,))
    campaign.succeed("simulate/0/xtb/1", "train/1/0/1")
    assert campaign.succeed("infer/1/0/1", candidates=ranked(0)) == [
        UpdateEnded(1, "completed"),
        Finish("out-of-candidates"),
    ]


def test_a_campaign_without_candidates_or_any_model_to_ask_is_failing():
    campaign = Campaign(a_plan(), (0,))
    assert campaign.fail("simulate/0/xtb/1") == [Finish("failing")]
    campaign = Campaign(a_plan(), (0,))
    campaign.succeed("simulate/0/xtb/1")
    assert campaign.fail("train/1/0/1") == [UpdateEnded(1, "failed"), Finish("failing")]


def test_starters_that_are_drawn_twice_are_simulated_once():
    campaign = Campaign(a_plan(slots_simulate=3), (1, 1, 2))
    assert campaign.first_commands == tuple(simulate(1, 2))


def test_nothing_happens_after_the_end_or_by_time_alone():
    campaign = Campaign(a_plan(budget=1), (0, 1))
    assert campaign.tell(Ticked(5.0)) == ()
    campaign.succeed("simulate/0/xtb/1")
    ended = campaign.state
    assert campaign.tell(Ticked(6.0)) == campaign.stop() == ()
    assert campaign.state == ended


def test_a_state_tells_what_is_in_flight():
    plan = a_plan(slots_simulate=2, slots_infer=2, first_training_after=1, space_size=30)
    campaign = Campaign(plan, tuple(range(9)))
    assert campaign.state.update_progress is None
    campaign.succeed("simulate/0/xtb/1")
    state = campaign.state
    counts = [state.in_flight_of(topic) for topic in ("simulate", "train", "infer")]
    assert counts == [2, 1, 0]
    campaign.succeed("train/1/0/1")
    state = campaign.state
    counts = [state.in_flight_of(topic) for topic in ("simulate", "train", "infer")]
    assert counts == [2, 0, 2]
    ids = [task.task_id for task in state.in_flight]
    assert ids == ["infer/1/0/1", "infer/1/1/1", "simulate/1/xtb/1", "simulate/2/xtb/1"]
    assert len(state.shortlist) == 6


def test_a_journal_that_does_not_begin_with_its_beginning_is_refused():
    with pytest.raises(PolicyDefect, match=r"`ticked` at .* came before it"):
        decide(State.fresh(a_plan()), Ticked(4.0))
    with pytest.raises(PolicyDefect, match=r"`began` at .* came after it"):
        Campaign(a_plan(), (0,)).tell(Began(4.0, (0,)))
