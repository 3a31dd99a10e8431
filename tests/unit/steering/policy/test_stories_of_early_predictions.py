"""What groups of members that are trained do while others are still being trained."""

from __future__ import annotations

from typing import Any

import pytest
from support.referee import Campaign, a_plan, ranked

from molsteer.steering.policy.commands import (
    CancelTasks,
    DispatchInference,
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
    Finish,
    UpdateEnded,
)
from molsteer.steering.policy.events import Paused, Resumed, SlotsChanged

pytestmark = pytest.mark.fast


def training(**changes: Any) -> Campaign:
    """A campaign of three chunks that trains the members 0 and 1, each in a group of its own."""
    knobs = {"members": 2, "slots_train": 2, "space_size": 30, "first_training_after": 1}
    campaign = Campaign(a_plan(**knobs | {"predict_early": True} | changes), (5, 6, 7))
    campaign.succeed("simulate/5/xtb/1")
    return campaign


def predict(group: int, *chunks: int) -> list[DispatchPrediction]:
    return [DispatchPrediction(1, chunk, group) for chunk in chunks]


def test_a_trained_group_predicts_chunk_after_chunk_while_the_other_is_trained():
    campaign = training()
    assert campaign.succeed("train/1/1/1") == predict(1, 0)
    assert campaign.succeed("infer/1/0/1/1") == predict(1, 1)
    assert campaign.succeed("infer/1/1/1/1", "infer/1/2/1/1") == predict(1, 2)
    assert campaign.succeed("train/1/0/1") == [DispatchInference(1, 0)]


def test_without_the_setting_a_trained_group_waits_for_the_others():
    campaign = training(predict_early=False)
    assert campaign.succeed("train/1/1/1") == []
    assert campaign.succeed("train/1/0/1") == [DispatchInference(1, 0)]


def test_predictions_that_are_not_ready_are_taken_back_when_the_last_group_is_trained():
    campaign = training(slots_infer=2)
    assert campaign.succeed("train/1/0/1") == predict(0, 0, 1)
    assert campaign.succeed("train/1/1/1") == [
        CancelTasks(("infer/1/0/0/1", "infer/1/1/0/1")),
        DispatchInference(1, 0),
        DispatchInference(1, 1),
    ]
    assert campaign.succeed("infer/1/0/0/1") == []
    assert campaign.state.in_flight_of("infer") == 2


def test_groups_predict_in_the_order_in_which_they_were_trained():
    campaign = training(members=3, slots_train=3, space_size=20)
    assert campaign.succeed("train/1/2/1") == predict(2, 0)
    assert campaign.succeed("train/1/0/1") == []
    assert campaign.succeed("infer/1/0/2/1") == predict(2, 1)
    assert campaign.succeed("infer/1/1/2/1") == predict(0, 0)
    assert campaign.succeed("infer/1/0/0/1") == predict(0, 1)


def test_training_is_done_before_predictions_even_where_a_group_must_be_tried_again():
    campaign = training()
    campaign.succeed("train/1/0/1")
    again = DispatchTraining(1, 1, (1,), labels=1, warm=False, attempt=2)
    assert campaign.fail("train/1/1/1", retryable=True) == [again]
    assert campaign.succeed("infer/1/0/0/1") == predict(0, 1)


def test_a_prediction_that_fails_is_not_tried_again_and_harms_nothing():
    campaign = training()
    campaign.succeed("train/1/0/1")
    assert campaign.fail("infer/1/0/0/1", retryable=True) == predict(0, 1)
    assert campaign.succeed("train/1/1/1") == [
        CancelTasks(("infer/1/1/0/1",)),
        DispatchInference(1, 0),
    ]
    campaign.succeed("infer/1/0/1", "infer/1/1/1")
    ended = campaign.succeed("infer/1/2/1", candidates=ranked(8))
    assert ended[0] == UpdateEnded(1, "completed")


def test_a_group_that_cannot_be_trained_leaves_the_predictions_of_the_others_as_they_are():
    campaign = training()
    campaign.succeed("train/1/0/1", "infer/1/0/0/1", "infer/1/1/0/1", "infer/1/2/0/1")
    assert campaign.fail("train/1/1/1") == [DispatchInference(1, 0)]


def test_predictions_use_the_slots_of_inference_as_they_come_and_go():
    campaign = training()
    campaign.tell(SlotsChanged(campaign.at, "infer", 0))
    assert campaign.succeed("train/1/0/1") == []
    more = campaign.tell(SlotsChanged(campaign.at, "infer", 2))
    assert list(more) == predict(0, 0, 1)
    assert campaign.state.in_flight_of("infer") == 2


def test_no_prediction_begins_in_a_pause():
    campaign = training()
    campaign.tell(Paused(campaign.at))
    assert campaign.succeed("train/1/0/1") == []
    assert list(campaign.tell(Resumed(campaign.at))) == predict(0, 0)


def test_predictions_are_taken_back_with_the_update_that_a_stop_makes_useless():
    campaign = training()
    campaign.succeed("train/1/0/1")
    assert campaign.stop() == (
        CancelTasks(("infer/1/0/0/1", "train/1/1/1")),
        UpdateEnded(1, "cancelled"),
    )
    assert campaign.succeed("simulate/6/xtb/1") == [Finish("stopped")]


def test_predictions_are_taken_back_when_nothing_is_left_to_choose_by_them():
    campaign = training(budget=3)
    campaign.succeed("train/1/0/1")
    assert campaign.state.update_progress == ("training", 1, 2)
    assert campaign.succeed("simulate/6/xtb/1") == [
        DispatchSimulation(7, "xtb"),
        CancelTasks(("infer/1/0/0/1", "train/1/1/1")),
        UpdateEnded(1, "cancelled"),
    ]


def test_models_that_were_given_score_at_once():
    campaign = Campaign(a_plan(pretrained=True, predict_early=True), (7, 8))
    assert campaign.first_commands == (DispatchInference(1, 0),)
