"""A budget too small for models is told before it is spent."""

from __future__ import annotations

import pytest

from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.start.outlook import warning, when_models_begin

pytestmark = pytest.mark.fast


def campaign(budget: int, **policy: object) -> CampaignSettings:
    return CampaignSettings.model_validate(
        {
            "campaign": {"space": "a.smi", "budget": budget},
            "policy": policy,
            "simulate": {"slots": 2},
        }
    )


def test_a_budget_that_ends_before_the_first_model_is_told_with_what_to_change() -> None:
    told = warning(campaign(6), 0)
    assert told is not None
    assert told.startswith("All 6 molecules will be drawn at random: the first models are trained")
    for cure in ("--policy-first-training-after 1)", "--budget above 36", "--training-set"):
        assert cure in told
    assert when_models_begin(campaign(6), 0).startswith("No models are trained before")


def test_following_the_advice_ends_the_warning() -> None:
    assert warning(campaign(37), 0) is None
    assert warning(campaign(6, first_training_after=1), 0) is None
    assert "--policy-first-training-after 1 --policy-during-update pause" in str(
        warning(campaign(5), 0)
    )
    assert warning(campaign(5, first_training_after=1, during_update="pause"), 0) is None
    assert warning(campaign(6), 32) is None


def test_what_runs_while_the_first_models_learn_counts() -> None:
    assert str(warning(campaign(35), 0)).startswith("Nearly all 35 molecules")
    assert warning(campaign(35, during_update="pause"), 0) is None


def test_labels_that_do_not_suffice_are_told() -> None:
    assert "after 32 labels, of which 10 are given" in str(warning(campaign(8), 10))


@pytest.mark.parametrize(
    ("settings", "known", "told"),
    [
        (campaign(100), 0, "The first 32 molecules are drawn at random; then models are trained"),
        (campaign(8), 120, "The first models are trained from the 120 labels given, before"),
        (campaign(100, starter="k-means"), 2, "The first 30 molecules are drawn by k-means"),
    ],
)
def test_when_models_begin_is_told_in_a_sentence(
    settings: CampaignSettings, known: int, told: str
) -> None:
    assert when_models_begin(settings, known).startswith(told)
