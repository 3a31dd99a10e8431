"""Failures of molecular-design that no other test shows to be gone; all are in `README.md`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.external_campaign import ExternalCampaign
from support.redis_server import TcpServer, tcp_server
from support.tasks import outcome_of, simulate_task
from support.toy_campaign import toy_space

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire import codec
from molsteer.shared.wire.blob import Inline, ObjRef, Placement

SIZE_BYTES = 1_000_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TcpServer]:
    (tmp_path / "redis").mkdir()
    with tcp_server(tmp_path / "redis") as running:
        yield running


@pytest.fixture
def campaign(server: TcpServer, tmp_path: Path) -> ExternalCampaign:
    space = toy_space(tmp_path).folder
    return ExternalCampaign(tmp_path, QueueSettings(redis_url=server.url, lease_s=5.0), space)


def test_a_campaign_whose_first_ranking_fails_goes_on_and_ends(campaign: ExternalCampaign) -> None:
    campaign.with_updates()
    with ExitStack() as stack:
        stack.enter_context(campaign.worker())
        stack.enter_context(campaign.worker(topic="train"))
        stack.enter_context(campaign.worker(topic="infer", handler="late_inferencer"))
        campaign.steer_to_the_end()
    failed = "task WHERE topic = 'infer' AND status = 'error'"
    assert campaign.count(failed) > 0
    assert campaign.count("result") == campaign.budget
    assert campaign.count("result WHERE generation > 1") > 0


def test_a_target_that_is_reached_while_an_update_is_waited_for_ends_the_campaign(
    campaign: ExternalCampaign,
) -> None:
    campaign.with_updates()  # after eight labels, and simulations pause meanwhile
    campaign.budget = 10
    with campaign.worker():  # nobody trains, so the update would never end
        campaign.steer_to_the_end()
    campaign.assert_counted_once(most_executions=1)


def test_data_takes_as_many_bytes_as_it_has() -> None:
    data = bytes(SIZE_BYTES)
    blobs = MemoryBlobs()
    stored = blobs.put(data, "raw", Placement(store="redis", threshold_bytes=SIZE_BYTES))
    inline = blobs.put(data, "raw", Placement(store="redis", threshold_bytes=2 * SIZE_BYTES))
    assert isinstance(stored, ObjRef)
    assert isinstance(inline, Inline)
    assert stored.size_bytes == inline.size_bytes == pytest.approx(SIZE_BYTES, rel=0.001)

    outcome = outcome_of(simulate_task())
    by_key, as_text = (
        outcome.model_copy(
            update={"result": outcome.result.model_copy(update={"records": records})}
        )
        for records in (stored, inline)
    )
    assert len(codec.encode(by_key)) < 2_000
    assert len(codec.encode(as_text)) < 1.35 * SIZE_BYTES
