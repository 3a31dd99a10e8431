"""Records of simulations that end together share a file, and none is ever written over."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from pathlib import Path

import pytest
from support.refused_outcome import refuse_first_outcome
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.steering.ledger import tasks
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.records.documents.record_files import read_record
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.verification.verify import verify

pytestmark = pytest.mark.fast

AT_ONCE = 8


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


@pytest.fixture
def toy(space: SearchSpace, tmp_path: Path) -> ToyCampaign:
    plan = toy_plan(space, slots_simulate=AT_ONCE, buffer=0, first_training_after=1000)
    return ToyCampaign(tmp_path, space, plan)


def begun(toy: ToyCampaign) -> Campaign:
    """Start steering, and let the first simulations end."""
    campaign = toy.steering()
    campaign.step(0.0)
    assert toy.work() == AT_ONCE
    return campaign


def recorded(toy: ToyCampaign) -> dict[int, str]:
    with closing(toy.open_ledger()) as ledger:
        return dict(ledger.connection.execute("SELECT molecule, record FROM result"))


def files(toy: ToyCampaign) -> list[Path]:
    return sorted((toy.folder / "records").rglob("*.gz"))


def test_simulations_that_end_together_take_one_file_and_each_is_read_by_itself(
    toy: ToyCampaign,
) -> None:
    campaign = begun(toy)
    campaign.step(0.0)
    (file,) = files(toy)
    told = recorded(toy)
    assert len(set(told.values())) == AT_ONCE
    whole = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert [read_record(toy.folder / told[molecule]) for molecule in told] == whole
    assert verify(toy.folder).broken == ()


def test_a_simulation_that_ends_alone_has_a_file_of_its_own(
    space: SearchSpace, tmp_path: Path
) -> None:
    plan = toy_plan(space, slots_simulate=1, buffer=0, first_training_after=1000)
    toy = ToyCampaign(tmp_path, space, plan)
    campaign = toy.steering()
    campaign.step(0.0)
    toy.work()
    campaign.step(0.0)
    ((molecule, record),) = recorded(toy).items()
    assert record == f"records/xtb/{molecule}.json.gz"
    assert json.loads(gzip.decompress((tmp_path / record).read_bytes()))


def test_what_a_crash_left_is_written_over_and_what_was_committed_is_not(
    toy: ToyCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = begun(toy)
    campaign.step(0.0)
    kept = {file: file.read_bytes() for file in files(toy)}
    toy.work()

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(tasks, "settle", crash)
        with pytest.raises(KeyboardInterrupt):
            campaign.step(0.0)
    campaign.ledger.close()
    following = toy.steering()
    toy.run_to_the_end(following)
    following.dispatching.retire()
    assert {file: file.read_bytes() for file in kept} == kept
    assert verify(toy.folder).broken == ()


def test_an_outcome_that_cannot_be_recorded_takes_no_record_of_others_with_it(
    toy: ToyCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, refused = begun(toy), refuse_first_outcome(monkeypatch)
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    assert refused
    assert verify(toy.folder).broken == ()


def test_a_record_behind_the_end_of_its_file_is_reported(toy: ToyCampaign) -> None:
    begun(toy).step(0.0)
    (file,) = files(toy)
    file.write_bytes(file.read_bytes()[:-20])
    (problem,) = verify(toy.folder).broken
    assert "cannot be read" in problem
