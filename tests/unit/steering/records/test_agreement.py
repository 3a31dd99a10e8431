"""Labels given at the start, beside those that a campaign computes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space
from support.toy_services import toy_value_eV

from molsteer.shared.settings.sections import QueueSettings
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.loop.session import Application
from molsteer.steering.records.agreement import contradiction
from molsteer.steering.records.findings import read_findings
from molsteer.steering.report.markdown import render
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.sites.watch import Attendance
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast

GIVEN = 12


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


def ended(space: SearchSpace, folder: Path, shift_eV: float) -> tuple[ToyCampaign, Campaign]:
    """Run a campaign that began with labels which are too high by some amount."""
    known = [
        KnownLabel(smiles, toy_value_eV(smiles) + shift_eV)
        for number in range(0, len(space), len(space) // GIVEN)
        for smiles in [space.smiles(number)]
    ]
    plan = toy_plan(space, known_labels=len(known), first_training_after=len(known))
    toy = ToyCampaign(folder, space, plan, known=known)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    return toy, campaign


def complaints(campaign: Campaign, folder: Path) -> list[str]:
    settings = CampaignSettings.model_validate({"campaign": {"space": str(folder), "name": "toy"}})
    watched = Attendance(QueueSettings(), {}, 0.0, 0.0)
    application = Application(settings, campaign, None, None, watched)
    said: list[str] = []
    for _ in range(2):
        application.advance(said.append)
    return said


@pytest.mark.parametrize(("shift_eV", "side"), [(-4.8455, "above"), (20.0, "below")])
def test_labels_of_another_quantity_are_told_once_and_in_the_report(
    shift_eV: float, side: str, space: SearchSpace, tmp_path: Path
) -> None:
    toy, campaign = ended(space, tmp_path, shift_eV)
    (complaint,) = complaints(campaign, tmp_path)
    assert f"eV {side} the labels that the campaign began with" in complaint
    assert complaint in render(read_findings(toy.open_ledger(), "toy", 14.0), "plot.png")


def test_labels_of_the_same_quantity_are_no_reason_to_complain(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy, campaign = ended(space, tmp_path, 0.0)
    assert complaints(campaign, tmp_path) == []
    assert "Careful" not in render(read_findings(toy.open_ledger(), "toy", 14.0), "plot.png")


def test_nothing_is_said_before_there_are_enough_labels(space: SearchSpace, tmp_path: Path) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    toy.run_to_the_end(toy.steering())
    assert read_findings(toy.open_ledger(), "toy", 14.0).known_labels_apart_eV is None


@pytest.mark.parametrize("distance_eV", [None, 0.0, 2.9, -2.9])
def test_a_distance_that_a_good_search_can_have_is_no_contradiction(
    distance_eV: float | None,
) -> None:
    assert contradiction(distance_eV) is None


def test_the_report_says_what_the_numbers_are(space: SearchSpace, tmp_path: Path) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    toy.run_to_the_end(toy.steering())
    assert "4.8455 eV" in render(read_findings(toy.open_ledger(), "toy", 14.0), "plot.png")
