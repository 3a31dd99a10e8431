"""Labels of another campaign are taken where they were computed by the same recipe."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space
from support.toy_services import toy_value_eV

from molsteer.steering.errors import UnusableTrainingSet
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.additions.labels_to_add import labels_to_add
from molsteer.steering.start.training_set import Columns

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


@pytest.fixture
def earlier(space: SearchSpace, tmp_path: Path) -> Path:
    toy = ToyCampaign(tmp_path / "run", space, toy_plan(space, budget=5))
    toy.folder.mkdir()
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    campaign.ledger.close()
    return toy.folder


def settings(**simulate: object) -> CampaignSettings:
    campaign = {"space": "molecules.smi", "budget": 5}
    return CampaignSettings.model_validate({"campaign": campaign, "simulate": simulate})


def test_labels_of_the_same_recipe_are_read_under_the_name_of_our_level(earlier: Path) -> None:
    found = labels_to_add(earlier, settings(), Columns())
    assert len(found) == 5
    for label in found:
        assert (label.level, label.unit) == ("xtb", "eV")
        assert label.value == pytest.approx(toy_value_eV(label.smiles))


def test_labels_of_another_recipe_are_refused_with_what_differs(earlier: Path) -> None:
    with pytest.raises(UnusableTrainingSet, match=r"accuracy is 0\.05 there and 0\.1 here"):
        labels_to_add(earlier, settings(accuracy=0.1), Columns())


def test_a_campaign_without_results_is_told(space: SearchSpace, tmp_path: Path) -> None:
    ToyCampaign(tmp_path, space, toy_plan(space)).steering()
    with pytest.raises(UnusableTrainingSet, match="Wait until it has"):
        labels_to_add(tmp_path, settings(), Columns())
