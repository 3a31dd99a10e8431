"""What tasks far away will read is there before they begin, and is no harm where it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.command import molsteer
from support.external_campaign import ExternalCampaign
from support.redis_server import TcpServer
from support.tcp_proxy import TcpProxy
from support.toy_campaign import toy_space
from support.waiting import eventually

from molsteer.shared.settings.sections import QueueSettings

CHUNKS = 4


@pytest.fixture
def far(server: TcpServer, line: TcpProxy) -> QueueSettings:
    """The queue as it is reached over the line."""
    url = server.url.replace(str(server.port), str(line.port))
    return QueueSettings(redis_url=url, lease_s=6.0)


@pytest.fixture
def campaign(server: TcpServer, tmp_path: Path) -> ExternalCampaign:
    queue = QueueSettings(redis_url=server.url, lease_s=6.0)
    made = ExternalCampaign(tmp_path, queue, toy_space(tmp_path).folder, budget=24)
    made.with_updates()
    made.hold()
    return made


def kept(campaign: ExternalCampaign) -> dict[str, str]:
    return {"MOLSTEER_STORES__KEEP_DIRECTORY": str(campaign.folder / "kept")}


def fetched_ahead(campaign: ExternalCampaign) -> int:
    return len(list((campaign.folder / "kept").glob("*.ahead")))


def moved(campaign: ExternalCampaign, operation: str) -> list[int]:
    """Tell how many blobs each scoring task moved in one way."""
    return [
        int(count)
        for count in campaign.rows(
            "SELECT coalesce(sum(count), 0) FROM task LEFT JOIN transfer"  # noqa: S608 - our own
            " ON transfer.task_id = task.task_id AND side = 'worker'"
            f" AND operation = '{operation}' WHERE topic = 'infer' GROUP BY task.rowid"
        )
    ]


def test_scoring_waits_for_no_transfer_of_what_was_fetched_before_there_were_models(
    campaign: ExternalCampaign, far: QueueSettings
) -> None:
    at_far: dict[str, Any] = {"queue": far, **kept(campaign)}
    with (
        campaign.worker(),
        campaign.steered() as steering,
        campaign.worker("--site", "far", topic="infer", **at_far),
    ):
        eventually(lambda: fetched_ahead(campaign) == CHUNKS)
        assert not campaign.count("task WHERE topic <> 'simulate'")
        with campaign.worker("--site", "far", topic="train", **at_far):
            campaign.release()
            campaign.await_end(steering)
    # Weights are kept by the trainer beside it, so that nothing at all is waited for.
    assert set(moved(campaign, "get")) == {0}
    assert sum(moved(campaign, "ahead")) == CHUNKS
    assert min(moved(campaign, "cached")) >= 1
    assert fetched_ahead(campaign) == 0
    campaign.assert_counted_once()
    told = json.loads(molsteer("report", campaign.run_dir, "--json").stdout)
    (site,) = (each for each in told["traffic"] if each["site"] == "far")
    assert site["ahead_bytes"] > 0
    put = [
        use
        for use in told["moved"]
        if (use["topic"], use["side"], use["operation"]) == ("infer", "steering", "put")
    ]
    assert sum(use["count"] for use in put) >= CHUNKS, "what is put in advance counts for scoring"


def test_a_server_that_is_cut_off_while_data_is_fetched_ahead_is_no_harm(
    campaign: ExternalCampaign, far: QueueSettings, line: TcpProxy
) -> None:
    line.black_hole_from = b"bond_pairs"  # in the first chunk that is fetched
    with (
        campaign.worker(topic="infer", queue=far, **kept(campaign)) as worker,
        campaign.worker(topic="train"),
        campaign.worker(),
        campaign.steered() as steering,
    ):
        eventually(lambda: line.is_black_hole)
        campaign.release()
        eventually(lambda: campaign.count("task WHERE topic = 'infer'"))
        line.black_hole_from, line.is_black_hole = None, False
        line.reset()
        campaign.await_end(steering)
        assert "Traceback" not in worker.log_file.read_text()
    assert set(campaign.rows("SELECT status FROM task")) == {"ok"}
    assert set(campaign.rows("SELECT starts FROM task")) == {"1"}
    campaign.assert_counted_once()
