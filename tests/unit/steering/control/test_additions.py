"""A campaign that has begun gets labels, molecules and thresholds, and goes on with them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from support.toy_campaign import MOLECULES, ToyCampaign, toy_plan, toy_space
from support.toy_services import toy_value_eV

from molsteer.shared.errors import SettingsError
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.steering.control.added_labels import put_labels
from molsteer.steering.control.asking import ask
from molsteer.steering.control.requests import Request, answer_to, drop, waiting
from molsteer.steering.control.thresholds import (
    limits_of,
    objectives_of,
    thresholds_now,
    thresholds_of,
)
from molsteer.steering.errors import RequestRefused
from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.additions import additions
from molsteer.steering.ledger.known_labels import KnownLabel, lesson
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.state import State
from molsteer.steering.records.findings import read_findings
from molsteer.steering.run_directory import describe
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.thresholds import Moved, read_thresholds, still_counting
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.additions.molecules_to_add import grown_by
from molsteer.steering.verification.verify import verify

pytestmark = pytest.mark.fast

BETTER = ["F" + "C(F)(F)" * length + "F" for length in range(1, 9)]
"""Better than all molecules of the toy space."""


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


@pytest.fixture
def toy(space: SearchSpace, tmp_path: Path) -> ToyCampaign:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    describe(tmp_path, toy.settings)
    return toy


def labels_of(smiles: list[str]) -> list[KnownLabel]:
    return [KnownLabel(each, toy_value_eV(each), "xtb", ADIABATIC_IP, "eV") for each in smiles]


def add_labels(toy: ToyCampaign, smiles: list[str]) -> str:
    asked = put_labels(toy.folder, labels_of(smiles), "old.csv")
    return drop(toy.folder, Request(action="add-labels", addition=asked))


def add_molecules(toy: ToyCampaign, smiles: list[str]) -> str:
    source = toy.folder / "more.smi"
    source.write_text("\n".join(smiles))
    with grown_by(toy.folder, [source], "more.smi", processes=1) as addition:
        return drop(toy.folder, Request(action="add-molecules", addition=addition))


def claimed(toy: ToyCampaign, campaign: Campaign) -> None:
    """Say which molecules the campaign began with, as its start does."""
    with campaign.ledger.transaction():
        campaign.ledger.set_fact("identity", {"campaign.space": toy.space.digest})


def work(toy: ToyCampaign, campaign: Campaign, steps: int) -> None:
    for _ in range(steps):
        campaign.step(0.0)
        toy.work()


def simulated(campaign: Campaign) -> set[str]:
    return {row[0] for row in campaign.ledger.connection.execute("SELECT smiles FROM result")}


def assert_whole(toy: ToyCampaign, campaign: Campaign) -> None:
    """Check that the journal leads where the campaign is, and that nothing is broken."""
    state = State.fresh(toy.plan)
    for event in campaign.ledger.events():
        state = decide(state, event).state
    assert state == campaign.state
    if campaign.finished:
        campaign.dispatching.retire()
    assert verify(toy.folder).broken == ()


def test_models_learn_from_labels_that_came_and_their_molecules_are_not_simulated(
    toy: ToyCampaign,
) -> None:
    campaign = toy.steering()
    work(toy, campaign, 2)
    new = [each for each in MOLECULES if each not in simulated(campaign)][-20:]
    add_labels(toy, [*new, *BETTER])
    toy.run_to_the_end(campaign)
    (addition,) = additions(campaign.ledger, "labels")
    assert addition.added + addition.passed_over == len(new) + len(BETTER)
    known = set(known_labels.names(campaign.ledger))
    assert len(known) == addition.added >= len(BETTER) + 15
    assert not simulated(campaign) & known
    best = pytest.approx(max(map(toy_value_eV, BETTER)))
    assert max(toy.training_sets[-1][0]) == best
    assert read_findings(campaign.ledger, "toy").additions == [addition]
    assert_whole(toy, campaign)


def test_an_update_that_runs_when_labels_come_learns_from_what_it_began_with(
    toy: ToyCampaign,
) -> None:
    toy.trainings_at_once, toy.plan = 1, toy_plan(toy.space, budget=50)
    campaign = toy.steering()
    while campaign.state.update is None or not toy.training_sets:
        work(toy, campaign, 1)
    began_with = campaign.state.trained_on
    assert campaign.state.update
    add_labels(toy, BETTER)
    campaign.dispatching.forget()
    toy.run_to_the_end(toy.steering())
    sizes = [len(each[0]) for each in toy.training_sets]
    assert sizes.count(began_with) == 2, "both groups of the first update"
    assert len(BETTER) + began_with in range(sizes[2] + 1)


def test_which_labels_came_first_is_known_whenever_some_are_added(toy: ToyCampaign) -> None:
    toy.known = labels_of(BETTER[:2])
    toy.plan = toy_plan(toy.space, known_labels=2, slots_train=0)
    campaign = toy.steering()
    work(toy, campaign, 3)
    results = len(simulated(campaign))
    add_labels(toy, BETTER[2:5])
    work(toy, campaign, 3)
    assert [lesson(campaign.ledger, count) for count in (1, 2, 2 + results)] == [
        (1, 0),
        (2, 0),
        (2, results),
    ]
    assert lesson(campaign.ledger, 2 + results + 3) == (5, results)
    assert lesson(campaign.ledger, campaign.state.labels) == (5, len(simulated(campaign)))


def test_labels_that_tell_nothing_new_are_refused_and_change_nothing(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    work(toy, campaign, 3)
    events = len(list(campaign.ledger.events()))
    name = add_labels(toy, sorted(simulated(campaign)))
    campaign.step(0.0)
    assert "are of molecules that it knows" in str(answer_to(campaign.ledger, name))
    assert additions(campaign.ledger) == []
    assert events <= len(list(campaign.ledger.events()))
    assert not any(event.kind == "labels-added" for event in campaign.ledger.events())


def test_a_table_of_labels_that_was_changed_since_is_refused(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    asked = put_labels(toy.folder, labels_of(BETTER), "old.csv")
    (toy.folder / asked.file).write_text("smiles,x\nCC,1.0\n")
    name = drop(toy.folder, Request(action="add-labels", addition=asked))
    campaign.step(0.0)
    assert "not what it was" in str(answer_to(campaign.ledger, name))
    assert campaign.state.plan.known_labels == 0


def test_models_rank_new_molecules_at_the_next_update_and_old_ones_keep_their_numbers(
    toy: ToyCampaign,
) -> None:
    toy.plan = toy_plan(toy.space, budget=50)
    campaign = toy.steering()
    claimed(toy, campaign)
    work(toy, campaign, 6)
    assert campaign.state.generation > 0
    before = {
        row[0]: row[1]
        for row in campaign.ledger.connection.execute("SELECT smiles, molecule FROM result")
    }
    add_molecules(toy, [*BETTER, MOLECULES[0]])
    toy.run_to_the_end(campaign)
    assert campaign.state.plan.space_size == len(toy.searched()) == len(MOLECULES) + len(BETTER)
    assert simulated(campaign) & set(BETTER)
    after = dict(
        campaign.ledger.connection.execute("SELECT smiles, molecule FROM result").fetchall()
    )
    assert before.items() <= after.items()
    assert all(after[each] >= len(MOLECULES) for each in BETTER if each in after)
    (addition,) = additions(campaign.ledger)
    assert (addition.added, addition.passed_over) == (len(BETTER), 1)
    assert len(SearchSpace.open(toy.space.folder)) == len(MOLECULES), "it is not ours to change"
    assert_whole(toy, campaign)


def test_a_campaign_that_simulated_everything_goes_on_when_its_space_grows(
    tmp_path: Path,
) -> None:
    space = toy_space(tmp_path, MOLECULES[:20])
    toy = ToyCampaign(tmp_path, space, toy_plan(space, budget=24))
    describe(tmp_path, toy.settings)
    campaign = toy.steering()
    claimed(toy, campaign)
    toy.run_to_the_end(campaign)
    assert campaign.finished == "out-of-candidates"
    add_molecules(toy, BETTER)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    assert len(simulated(campaign) & set(BETTER)) == 4
    toy.run_to_the_end(toy.steering())
    assert_whole(toy, campaign)


def test_molecules_that_chance_draws_come_from_the_grown_space(toy: ToyCampaign) -> None:
    toy.plan = toy_plan(toy.space, control_share=1.0, budget=60)
    campaign = toy.steering()
    claimed(toy, campaign)
    work(toy, campaign, 10)
    add_molecules(toy, BETTER)
    toy.run_to_the_end(campaign)
    assert simulated(campaign) & set(BETTER)
    assert_whole(toy, campaign)


def test_a_new_molecule_whose_label_is_known_is_not_simulated(toy: ToyCampaign) -> None:
    toy.known = labels_of(BETTER[:3])
    toy.plan = toy_plan(toy.space, known_labels=3, budget=60)
    campaign = toy.steering()
    claimed(toy, campaign)
    add_molecules(toy, BETTER)
    toy.run_to_the_end(campaign)
    assert simulated(campaign) & set(BETTER) == set(BETTER[3:])
    assert_whole(toy, campaign)


def test_of_two_that_grow_a_space_at_once_the_second_is_refused(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    claimed(toy, campaign)
    names = [add_molecules(toy, BETTER[:2]), add_molecules(toy, BETTER[2:])]
    campaign.step(0.0)
    first, second = (answer_to(campaign.ledger, name) for name in names)
    assert first == ""
    assert "has grown since you began" in str(second)
    assert campaign.state.plan.space_size == len(MOLECULES) + 2


def test_a_refused_growth_leaves_no_folder(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    claimed(toy, campaign)
    (toy.folder / "more.smi").write_text(BETTER[0])
    with (
        pytest.raises(RequestRefused),
        grown_by(toy.folder, [toy.folder / "more.smi"], "more.smi", processes=1),
    ):
        raise RequestRefused(toy.folder, "No.")
    assert list((toy.folder / "space").glob("grown-*")) == []


def test_verify_tells_of_a_grown_space_that_is_gone_and_of_labels_too_many(
    toy: ToyCampaign,
) -> None:
    campaign = toy.steering()
    claimed(toy, campaign)
    add_molecules(toy, BETTER)
    campaign.step(0.0)
    (grown,) = (toy.folder / "space").glob("grown-*")
    grown.rename(toy.folder / "elsewhere")
    with campaign.ledger.transaction() as connection:
        connection.execute(
            "INSERT INTO known_label (smiles, level, property, value, unit)"
            " VALUES ('CC', 'xtb', ?, 10.0, 'eV')",
            (ADIABATIC_IP,),
        )
    broken = verify(toy.folder).broken
    assert f"The search space space/{grown.name}, which the campaign grew to, is missing." in broken
    assert "The journal leads to 0 known labels, there are 1." in broken


def test_a_threshold_counts_from_when_it_is_set_also_after_a_restart(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    (name,) = thresholds = read_thresholds(["hit_above=13.55"], toy.settings.objectives)
    drop(toy.folder, Request(action="set", thresholds=thresholds))
    campaign.step(0.0)
    assert objectives_of(campaign.ledger)[0].hit == 13.55
    assert campaign.dispatching.settings.objectives[0].hit == 13.55
    drop(toy.folder, Request(action="set", thresholds={name: 13.0}))
    campaign.step(0.0)
    assert thresholds_now(campaign.ledger) == {name: 13.0}
    assert name == f"{ADIABATIC_IP}@xtb.hit_above"
    assert_whole(toy, campaign)


def test_a_limit_counts_from_when_it_is_set_and_is_remembered(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    (name,) = thresholds = read_thresholds(["limit_below=13.55"], toy.settings.objectives)
    drop(toy.folder, Request(action="set", thresholds=thresholds))
    campaign.step(0.0)
    assert name == f"{ADIABATIC_IP}@xtb.limit_below"
    assert [limit.below for limit in limits_of(campaign.ledger)] == [13.55]
    assert [limit.below for limit in campaign.dispatching.settings.limits] == [13.55]
    assert thresholds_now(campaign.ledger) == {name: 13.55}
    assert still_counting(toy.settings, thresholds_of(campaign.ledger)) == {name: 13.55}
    assert_whole(toy, campaign)


def test_limits_that_exclude_each_other_are_refused(toy: ToyCampaign) -> None:
    name = f"{ADIABATIC_IP}@xtb.limit"
    wanted = {f"{name}_below": 13.0, f"{name}_above": 14.0}
    asked = drop(toy.folder, Request(action="set", thresholds=wanted))
    campaign = toy.steering()
    campaign.step(0.0)
    assert "no value lies above 14 eV and below 13 eV" in str(answer_to(campaign.ledger, asked))
    assert limits_of(campaign.ledger) == []


def test_whoever_asks_for_what_no_molecule_can_be_is_told_although_nobody_steers(
    toy: ToyCampaign,
) -> None:
    with closing(toy.steering().ledger):
        pass
    hit = f"{ADIABATIC_IP}@xtb.hit_above"
    wanted = Request(action="set", thresholds={hit: 14.0, f"{ADIABATIC_IP}@xtb.limit_below": 13.0})
    with pytest.raises(SettingsError, match="below 13 eV"):
        ask(toy.folder, wanted)
    assert not waiting(toy.folder)


def test_a_threshold_that_the_settings_name_anew_counts_instead(toy: ToyCampaign) -> None:
    name = f"{ADIABATIC_IP}@xtb.hit_above"
    moved = {name: Moved(14.0, 13.0)}
    for said, counts in ((14.0, {name: 13.0}), (15.0, {})):
        campaign = {**toy.settings.campaign.model_dump(), "hit_above_eV": said}
        settings = CampaignSettings.model_validate({"campaign": campaign})
        assert still_counting(settings, moved) == counts


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("hit_below=3", "has the goal 'maximise'. Give adiabatic_ionization_potential@xtb.hit_a"),
        ("gap.hit_above=3", "it is the threshold of no single objective"),
        ("hit_above=high", "'high' is not a number"),
        ("hit_above=inf", "inf is not a number"),
    ],
)
def test_a_threshold_that_cannot_be_meant_is_told(toy: ToyCampaign, given: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        read_thresholds([given], toy.settings.objectives)


def test_a_threshold_of_another_campaign_is_refused(toy: ToyCampaign) -> None:
    with closing(toy.steering().ledger):
        name = drop(toy.folder, Request(action="set", thresholds={"gap@xtb.hit_above": 3.0}))
        campaign = toy.steering()
        assert "there is no such objective" in str(answer_to(campaign.ledger, name))
