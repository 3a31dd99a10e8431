"""Campaigns that are left and gone on with: by a user who stops them, or from an older copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.toy_campaign import BUDGET, ToyCampaign, toy_plan, toy_space

from molsteer.shared.bus.port import Run
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.verification.verify import verify

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


def test_a_campaign_that_goes_on_from_an_older_copy_does_again_what_it_does_not_know(
    space: SearchSpace, tmp_path: Path
) -> None:
    run, kept = tmp_path / "run", tmp_path / "kept"
    run.mkdir()
    toy = ToyCampaign(run, space, toy_plan(space))
    campaign = toy.steering()
    while campaign.state.successes < 6:
        campaign.step(0.0)
        toy.work()
    campaign.step(0.0)
    campaign.ledger.close()
    shutil.copytree(run, kept)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    campaign.ledger.close()
    shutil.rmtree(run)
    shutil.copytree(kept, run)
    campaign = toy.steering()
    (told,) = campaign.take_news()
    assert told.startswith("This run directory is older than what its server has seen")
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    verdict = verify(run)
    assert (verdict.broken, verdict.results) == ((), BUDGET)
    unwell = "SELECT count(*) FROM task WHERE state = 'settled' AND status <> 'ok'"
    assert campaign.ledger.connection.execute(unwell).fetchone()[0] == 0
    assert campaign.take_news() == toy.steering().take_news() == []


def test_a_task_that_comes_back_as_cancelled_and_was_not_taken_back_is_done_again(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    campaign.step(0.0)
    # Another copy of this ledger settles it while its message waits.
    toy.bus.settle(["simulate/0/xtb/1", *campaign.state.first.simulations.running])
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    assert verify(tmp_path).broken == ()
    unwell = "SELECT count(*) FROM task WHERE state = 'settled' AND status <> 'ok'"
    assert campaign.ledger.connection.execute(unwell).fetchone()[0] == 0


def test_whoever_stops_waits_for_what_runs_and_takes_the_rest_back(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    campaign.step(0.0)
    task = toy.bus.take("simulate")
    assert task is not None
    assert isinstance(toy.bus.begin(task), Run)
    campaign.drain()
    campaign.step(0.0)
    assert not campaign.drained, "one simulation runs"
    assert toy.bus.take("simulate") is None, "those that nobody began are out of the queue"
    toy.bus.expire_leases()  # its worker is gone
    campaign.step(0.0)
    assert campaign.drained
    campaign.ledger.close()
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    assert verify(tmp_path).broken == ()
