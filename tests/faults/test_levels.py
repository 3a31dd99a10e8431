"""Two levels and two objectives, between processes that may be killed."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from support.command import molsteer
from support.external_campaign import ExternalCampaign
from support.waiting import eventually

from molsteer.shared.wire.catalogue import ADIABATIC_IP


@pytest.fixture
def levels(campaign: ExternalCampaign) -> ExternalCampaign:
    campaign.with_updates()
    campaign.with_levels()
    return campaign


def results_of_each_level(campaign: ExternalCampaign) -> Counter[str]:
    return Counter(campaign.rows("SELECT level FROM result"))


def test_a_campaign_of_two_levels_runs_to_its_end_and_is_whole(levels: ExternalCampaign) -> None:
    with levels.worker_of_each_topic():
        levels.steer_to_the_end()
        # Once at each level; both have the molecule's name in the workers' journal.
        levels.assert_counted_once(most_executions=2)
    assert results_of_each_level(levels) == {"xtb": levels.budget, "dear": levels.climb}
    climbed = levels.rows("SELECT DISTINCT molecule FROM result WHERE level = 'dear'")
    assert len(climbed) == levels.climb
    labels = levels.rows("SELECT DISTINCT property || '@' || level || ' ' || unit FROM label")
    assert {f"{ADIABATIC_IP}@xtb eV", f"{ADIABATIC_IP}@dear eV", "letters@dear 1"} <= set(labels)
    lengths = levels.rows("SELECT DISTINCT json_array_length(validation_mae) FROM model")
    assert lengths == ["3"]
    verified = molsteer("verify", levels.run_dir)
    assert verified.returncode == 0, verified.stdout
    status = json.loads(molsteer("status", levels.run_dir, "--json").stdout)
    assert status["done"] == status["budget"] == levels.budget + levels.climb
    report = molsteer("report", levels.run_dir)
    assert report.returncode == 0, report.stderr
    text = (levels.run_dir / "report.md").read_text(encoding="utf-8")
    assert "letters" in text
    assert "dear" in text


def test_steering_that_is_killed_while_molecules_climb_counts_each_once(
    levels: ExternalCampaign,
) -> None:
    with levels.worker_of_each_topic():
        with levels.steered():
            eventually(lambda: results_of_each_level(levels).total() >= 9)
        with levels.steered():
            eventually(lambda: results_of_each_level(levels)["dear"] >= 2)
        levels.steer_to_the_end()
        levels.assert_counted_once(most_executions=4)
    assert results_of_each_level(levels) == {"xtb": levels.budget, "dear": levels.climb}
