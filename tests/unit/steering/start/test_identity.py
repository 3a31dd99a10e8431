"""What makes a campaign the one it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.toy_campaign import toy_space

from molsteer.shared.wire.properties import Objective, Output
from molsteer.steering.errors import OtherCampaign
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.plan import Rung
from molsteer.steering.run_directory import claim
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.identity import facts_of, identity_of, plan_of

pytestmark = pytest.mark.fast

FAST, SLOW = {"name": "fast"}, {"name": "slow", "solvent": "water", "share": 0.2}
GAP = {"property": "homo_lumo_gap", "goal": "reach", "target": 3.0}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"), ["C", "CC", "CO"])


def campaign(space: SearchSpace, **sections: object) -> CampaignSettings:
    return CampaignSettings.model_validate({"campaign": {"space": space.folder}, **sections})


def claimed(ledger: Ledger, space: SearchSpace, **sections: object) -> None:
    settings = campaign(space, **sections)
    identity = identity_of(settings, space, None, plan_of(settings, space, 0))
    claim(Path("runs/it"), ledger, "it", identity, {})


def test_the_plan_knows_the_levels_and_how_many_climb(space: SearchSpace) -> None:
    plan = plan_of(campaign(space, level=[FAST, SLOW]), space, 0)
    assert plan.level == "fast"
    assert plan.rungs == (Rung("slow", 0.2),)
    assert plan.budgets == (100, 20)


@pytest.mark.parametrize(
    ("begun", "now", "told"),
    [
        ({}, {"simulate": {"solvent": "water"}}, ["level.xtb.solvent is None there, 'water' here"]),
        ({}, {"objective": [GAP]}, ["reach homo_lumo_gap@xtb 3.0", "outputs is"]),
        ({"objective": [GAP]}, {"objective": [GAP | {"target": 4.0}]}, ["@xtb 3.0", "@xtb 4.0"]),
        (
            {"level": [FAST, SLOW]},
            {"level": [FAST, SLOW | {"share": 0.5}]},
            ["level.slow.share is 0.2 there, 0.5 here"],
        ),
        (
            {"level": [FAST, SLOW]},
            {"level": [FAST]},
            ["levels is ['fast', 'slow'] there, ['fast'] here"],
        ),
    ],
)
def test_another_level_or_objective_is_another_campaign_which_is_told(
    space: SearchSpace, tmp_path: Path, begun: dict, now: dict, told: list[str]
) -> None:
    ledger = Ledger(tmp_path, create=True)
    claimed(ledger, space, **begun)
    claimed(ledger, space, **begun)
    with pytest.raises(OtherCampaign) as raised:
        claimed(ledger, space, **now)
    for words in told:
        assert words in str(raised.value)
    ledger.close()


@pytest.mark.parametrize(
    "now",
    [
        {"objective": [{"hit_above": 12.0}]},
        {"objective": [{"property": "adiabatic_ionization_potential", "level": "xtb"}]},
        {"level": [{"name": "xtb"}]},
        {"simulate": {"solvent": "vacuum"}},
    ],
)
def test_a_threshold_or_another_way_to_write_the_same_is_no_other_campaign(
    space: SearchSpace, tmp_path: Path, now: dict
) -> None:
    ledger = Ledger(tmp_path, create=True)
    claimed(ledger, space)
    claimed(ledger, space, **now)
    ledger.close()


def test_the_ledger_is_told_what_is_computed_and_what_is_wanted(space: SearchSpace) -> None:
    facts = json.loads(json.dumps(facts_of(campaign(space, level=[FAST, SLOW], objective=[GAP]))))
    gap = Output(name="homo_lumo_gap", level="slow", unit="eV")
    assert facts["outputs"] == [
        gap.model_dump(),
        gap.model_copy(update={"level": "fast"}).model_dump(),
    ]
    (objective,) = facts["objectives"]
    assert Objective.model_validate(objective) == Objective(output=gap, goal="reach", target=3.0)
    assert [level["name"] for level in facts["levels"]] == ["fast", "slow"]
    assert facts["levels"][1]["spec"]["solvent"] == "water"


def test_the_plan_has_the_prices_that_are_stated_and_who_climbs(space: SearchSpace) -> None:
    policy = {"promotion": "price"}
    stated = campaign(space, level=[FAST, SLOW | {"price_s": 90.0}], policy=policy)
    plan = plan_of(stated, space, 0)
    assert (plan.promotion, plan.prices) == ("price", (None, 90.0))
    assert plan_of(campaign(space, level=[FAST, SLOW]), space, 0).prices == ()
