"""Nothing is taken for done that could not be written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.errors import ServiceUnavailable
from molsteer.steering.ledger.ledger import Ledger, unwritable
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


def test_a_ledger_that_cannot_grow_says_so_and_goes_on_when_it_can(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, create=True)
    (pages,) = ledger.connection.execute("PRAGMA page_count").fetchone()
    ledger.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ServiceUnavailable, match="Make room on its disk"), ledger.transaction():
        ledger.set_fact("large", "x" * 100_000)
    assert ledger.fact("large") is None
    ledger.connection.execute(f"PRAGMA max_page_count = {pages + 100}")
    with ledger.transaction():
        ledger.set_fact("large", "x" * 100_000)
    assert ledger.fact("large") == "x" * 100_000


def test_an_outcome_whose_record_cannot_be_written_is_taken_in_later(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    campaign.step(0.0)
    toy.work()
    (tmp_path / "records").write_text("in the way")
    for _ in range(2):
        with pytest.raises(ServiceUnavailable, match="cannot be written"):
            campaign.step(0.0)
    assert toy.bus.collect(0.0)
    (tmp_path / "records").unlink()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"


def test_tasks_whose_publishing_cannot_be_noted_are_not_published_again_and_again(
    space: SearchSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()

    @contextmanager
    def fail(**_: object) -> Iterator[None]:
        yield
        raise unwritable(tmp_path, OSError("no room"))

    with monkeypatch.context() as patch:
        patch.setattr(campaign.ledger, "transaction", fail)
        for _ in range(3):
            with pytest.raises(ServiceUnavailable):
                campaign.step(0.0)
    published = 0
    while toy.bus.take("simulate"):
        published += 1
    assert published == toy.plan.slots_simulate + toy.plan.buffer
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
