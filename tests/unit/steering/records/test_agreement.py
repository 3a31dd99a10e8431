"""Labels given at the start, beside those that a campaign computes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.made_ledgers import HIGH_IP, HYDROGENS, IP, Made, add_known, made_ledger
from support.toy_campaign import ToyCampaign, toy_plan, toy_space
from support.toy_services import toy_value_eV

from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.properties import Objective, Output
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.loop.session import Application
from molsteer.steering.records.findings import read_findings
from molsteer.steering.records.judging.agreement import Distance, contradiction, distance
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
        KnownLabel(smiles, toy_value_eV(smiles) + shift_eV, IP.level, IP.name, IP.unit)
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
    assert complaint in render(read_findings(toy.open_ledger(), "toy"), "plot.png")


def test_labels_of_the_same_quantity_are_no_reason_to_complain(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy, campaign = ended(space, tmp_path, 0.0)
    assert complaints(campaign, tmp_path) == []
    assert "Careful" not in render(read_findings(toy.open_ledger(), "toy"), "plot.png")


def test_nothing_is_said_before_there_are_enough_labels(space: SearchSpace, tmp_path: Path) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    toy.run_to_the_end(toy.steering())
    assert read_findings(toy.open_ledger(), "toy").known_labels_apart is None


def apart(folder: Path, output: Output, new: list[float], given: list[float]) -> Distance | None:
    """Compare the labels of a campaign for an output with those that it began with."""
    results = [
        Made(place, "C", output.level, {output.name: value}) for place, value in enumerate(new)
    ]
    ledger = made_ledger(folder, [Objective(output=output)], results)
    add_known(ledger, output, given)
    return distance(ledger)


@pytest.mark.parametrize("shift", [0.0, 2.9, -2.9])
def test_a_distance_that_a_good_search_can_have_is_no_contradiction(
    shift: float, tmp_path: Path
) -> None:
    values = [10.0 + place / 10 for place in range(10)]
    found = apart(tmp_path, IP, [value + shift for value in values], values)
    assert found is not None
    assert found.value == pytest.approx(shift)
    assert contradiction(found) is None


def test_experiments_are_told_from_computed_potentials(tmp_path: Path) -> None:
    values = [10.0 + place / 10 for place in range(10)]
    found = apart(tmp_path, IP, values, [value - 4.8455 for value in values])
    assert "lie 4.8 eV above the labels" in str(contradiction(found))


def test_of_a_property_that_nobody_knows_another_unit_is_told(tmp_path: Path) -> None:
    energy = Output(name="my_energy", level="mine", unit="kcal/mol")
    values = [-20.0 - place for place in range(10)]
    found = apart(tmp_path, energy, values, [value / 627.5 for value in values])
    assert "kcal/mol below the labels" in str(contradiction(found))


def test_counts_of_rare_molecules_are_no_contradiction(tmp_path: Path) -> None:
    found = apart(tmp_path, HYDROGENS, [0.0] * 8 + [1.0, 2.0], [6.0, 7.0, 8.0, 9.0, 10.0, 12.0])
    assert contradiction(found) is None


def test_labels_that_do_not_vary_tell_nothing(tmp_path: Path) -> None:
    assert contradiction(apart(tmp_path, HYDROGENS, [1.0] * 10, [4.0] * 10)) is None


def test_labels_of_another_level_are_not_compared(tmp_path: Path) -> None:
    results = [Made(place, "C", "xtb", {IP.name: 10.0}) for place in range(10)]
    ledger = made_ledger(tmp_path, HIGH_IP, results)
    add_known(ledger, IP.model_copy(update={"level": "better"}), [1.0] * 10)
    assert distance(ledger) is None


def test_the_report_says_what_the_numbers_are(space: SearchSpace, tmp_path: Path) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    toy.run_to_the_end(toy.steering())
    assert "4.8455 eV" in render(read_findings(toy.open_ledger(), "toy"), "plot.png")
