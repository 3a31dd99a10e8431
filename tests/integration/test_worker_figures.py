"""What real workers say about their machine, and what a campaign makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import molsteer
from support.external_campaign import ExternalCampaign
from support.redis_server import tcp_server
from support.toy_campaign import toy_space
from support.worker_process import running_worker

from molsteer.shared.bus.workers import live_workers
from molsteer.shared.settings.sections import QueueSettings


def test_a_sign_of_life_tells_what_a_worker_holds_and_uses(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    options = ("--site", "theta", "--processes", "2")
    with tcp_server(tmp_path / "redis") as server, running_worker(server.queue, tmp_path, *options):
        (worker,) = live_workers(server.queue)
    assert worker.site == "theta"
    assert worker.use is not None
    assert worker.use.cores == 2
    assert 20_000_000 < worker.use.memory_bytes < 10_000_000_000
    assert worker.use.cpu_s > 0.0
    assert worker.use.gpus == 0  # a simulation leaves them to others


def test_a_campaign_tells_what_it_held_and_what_that_cost(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    with tcp_server(tmp_path / "redis") as server:
        queue = QueueSettings(redis_url=server.url, lease_s=5.0)
        campaign = ExternalCampaign(tmp_path, queue, toy_space(tmp_path).folder)
        campaign.settings |= {"MOLSTEER_COSTS__PER_CORE_HOUR": "3600"}
        with campaign.worker("--site", "theta"):
            campaign.steer_to_the_end()
    done = molsteer("report", campaign.run_dir, "--json")
    assert done.returncode == 0, done.stderr
    (machines,) = json.loads(done.stdout)["machines"]
    assert (machines["topic"], machines["site"]) == ("simulate", "theta")
    assert machines["cost"] == pytest.approx(machines["core_hours"] * 3600)
    assert machines["cost"] > 0.0
    assert "## Machines" in report_of(campaign.run_dir)


def report_of(run_dir: Path) -> str:
    assert molsteer("report", run_dir).returncode == 0
    return (run_dir / "report.md").read_text()


def test_a_site_is_a_plain_name() -> None:
    done = molsteer("worker", "simulate", "--site", "no site")
    assert done.returncode == 2
    assert "--site" in done.stderr
