"""Everything that a campaign begins with, kept in its run directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from molsteer.steering.errors import OtherCampaign, UnusableTrainingSet
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.build import build
from molsteer.steering.space.errors import NoFeatures
from molsteer.steering.start.prepare import Start, prepare

pytestmark = pytest.mark.fast

GAP = {"property": "homo_lumo_gap"}


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.smi").write_text("C\nCC\nCO\nCCO\n")
    (tmp_path / "known.csv").write_text("smiles,homo_lumo_gap\nCO,9.5\nCCCCC,8\n")
    ledger = Ledger(tmp_path, create=True)
    yield ledger
    ledger.close()


def prepared(ledger: Ledger, **sections: object) -> Start:
    campaign = {"space": "a.smi", "run_dir": ".", "budget": 7}
    campaign |= sections.pop("campaign", {})
    settings = CampaignSettings.model_validate({"campaign": campaign, **sections})
    return prepare(settings, ledger, lambda _: None)


def test_a_campaign_is_recognised_when_it_goes_on(ledger: Ledger) -> None:
    begun = prepared(ledger)
    again = prepared(ledger, simulate={"slots": 3})
    assert again.campaign_id == begun.campaign_id
    assert (again.plan.budget, again.plan.slots_simulate, again.plan.level) == (7, 3, "xtb")
    with pytest.raises(OtherCampaign, match="objectives is"):
        prepared(ledger, objective=[GAP])


def test_what_was_changed_is_in_the_plan_and_not_in_the_settings_it_began_with(
    ledger: Ledger,
) -> None:
    prepared(ledger)
    with ledger.transaction():
        ledger.set_fact("changes", {"campaign.budget": 9})
    again = prepared(ledger)
    assert again.settings.campaign.budget == 7
    assert again.changes == {"campaign.budget": 9}
    assert again.plan.budget == 9


def test_labels_of_the_leading_objective_count_as_searched(ledger: Ledger) -> None:
    known = {"training_set": "known.csv"}
    begun = prepared(ledger, objective=[GAP], campaign=known)
    assert [begun.space.smiles(molecule) for molecule in begun.searched] == ["CO"]
    assert begun.plan.known_labels == 2


def test_labels_of_another_property_are_refused(ledger: Ledger) -> None:
    known = {"training_set": "known.csv"}
    with pytest.raises(UnusableTrainingSet, match="no column of labels"):
        prepared(ledger, campaign=known)


def test_features_are_computed_where_a_surrogate_reads_them(ledger: Ledger) -> None:
    begun = prepared(ledger, train={"surrogate": ["graphs", "gp"]})
    assert [chunk.molecules for chunk in begun.space.feature_chunks] == [4]


def test_features_of_a_space_that_was_built_here_are_computed_when_it_goes_on(
    ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "space").mkdir()
    build([tmp_path / "a.smi"], tmp_path / "space" / "built", chunk_size=2)
    here = {"space": "space/built"}
    begun = prepared(ledger, campaign=here, train={"surrogate": "trees"})
    assert [chunk.molecules for chunk in begun.space.feature_chunks] == [2, 2]


def test_a_space_that_was_built_elsewhere_is_not_given_features(
    ledger: Ledger, tmp_path: Path
) -> None:
    build([tmp_path / "a.smi"], tmp_path / "built", chunk_size=2)
    sentence = (
        r"built has no features, which train\.surrogate needs for gp and trees\. Compute them "
        r"with: molsteer space features .*built"
    )
    with pytest.raises(NoFeatures, match=sentence):
        prepared(ledger, campaign={"space": "built"}, train={"surrogate": "auto"})
    assert not (tmp_path / "built" / "features").exists()
    assert prepared(ledger, campaign={"space": "built"}).space.feature_chunks == ()
