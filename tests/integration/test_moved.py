"""What moved between two sites, and what that cost, stands in every report."""

from __future__ import annotations

import json
from pathlib import Path

from support.command import molsteer
from support.external_campaign import ExternalCampaign
from support.redis_server import tcp_server
from support.toy_campaign import toy_space

from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic

SITES: dict[Topic, str] = {"simulate": "cpus", "train": "gpus", "infer": "gpus"}


def test_a_report_tells_what_moved_at_which_site_and_what_that_cost(
    tmp_path: Path,
) -> None:
    (tmp_path / "redis").mkdir()
    with tcp_server(tmp_path / "redis") as server:
        queue = QueueSettings(redis_url=server.url)
        campaign = ExternalCampaign(tmp_path, queue, toy_space(tmp_path).folder, budget=16)
        campaign.with_updates()
        steered_over_two_sites(campaign)
    told = json.loads(done("report", campaign.run_dir, "--json"))
    by_worker = [use for use in told["moved"] if use["side"] == "worker"]
    assert {(use["topic"], use["site"]) for use in by_worker} == set(SITES.items())
    assert all(0 < use["share"] <= 1 for use in by_worker)
    records = [use for use in by_worker if use["topic"] == "simulate"]
    assert [(use["store"], use["operation"], use["count"]) for use in records] == [
        ("redis", "put", 16)
    ]
    assert {use["site"] for use in told["moved"] if use["side"] == "steering"} == {None}
    cpus, gpus = told["traffic"]
    assert (cpus["site"], cpus["fetched_bytes"], gpus["site"]) == ("cpus", 0, "gpus")
    assert cpus["stored_bytes"] == records[0]["size_bytes"]
    assert min(gpus["fetched_bytes"], gpus["stored_bytes"], gpus["duration_s"]) > 0

    done("report", campaign.run_dir)
    for file in ("report.md", "report.html"):
        text = (campaign.run_dir / file).read_text()
        assert "Workers at cpus fetched 0.0 MB and stored " in text
        assert "Workers at gpus fetched " in text
    assert "| train    | worker   | redis | get " in (campaign.run_dir / "report.md").read_text()


def steered_over_two_sites(campaign: ExternalCampaign) -> None:
    with (
        campaign.worker("--site", SITES["simulate"]),
        campaign.worker("--site", SITES["train"], topic="train"),
        campaign.worker("--site", SITES["infer"], topic="infer"),
    ):
        campaign.steer_to_the_end(180.0)


def done(*command: object) -> str:
    completed = molsteer(*command)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout
