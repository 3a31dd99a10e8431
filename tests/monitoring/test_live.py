"""The real Prometheus over a real campaign: every picture has data, and trouble is told."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from support.external_campaign import ExternalCampaign
from support.prometheus import Prometheus, prometheus
from support.redis_server import TcpServer, tcp_server
from support.toy_campaign import toy_space
from support.waiting import eventually

from molsteer.shared.settings.sections import QueueSettings

MONITORING = Path(__file__).parents[2] / "deploy" / "monitoring"
RULES = MONITORING / "rules" / "molsteer.yml"


@pytest.fixture(scope="module")
def impatient_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our rules without the minutes that an alert waits, and that a rate looks back over."""
    text = re.sub(r"\bfor: \d+m", "for: 0s", RULES.read_text()).replace("[5m]", "[20s]")
    file = tmp_path_factory.mktemp("rules") / "molsteer.yml"
    file.write_text(text)
    return file


@pytest.fixture
def watched(tmp_path: Path, impatient_rules: Path) -> Iterator[Prometheus]:
    with prometheus(tmp_path / "prometheus", impatient_rules) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TcpServer]:
    (tmp_path / "redis").mkdir()
    with tcp_server(tmp_path / "redis") as running:
        yield running


@pytest.fixture
def campaign(server: TcpServer, watched: Prometheus, tmp_path: Path) -> ExternalCampaign:
    space = toy_space(tmp_path).folder
    campaign = ExternalCampaign(tmp_path, QueueSettings(redis_url=server.url, lease_s=5.0), space)
    campaign.settings |= {
        "MOLSTEER_METRICS__PORT": "0",
        "MOLSTEER_METRICS__TARGETS_DIR": str(watched.targets),
        "MOLSTEER_CAMPAIGN__HIT_ABOVE_EV": "0.5",
        "MOLSTEER_COSTS__PER_CORE_HOUR": "36",
    }
    return campaign


@pytest.fixture
def a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let NVIDIA's program tell of one GPU, which those machines that test have not."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'GPU-a, 40, 1000'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def _panels() -> list[tuple[str, str]]:
    found = []
    for file in sorted((MONITORING / "grafana" / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            found += [(panel["title"], target["expr"]) for target in panel["targets"]]
    return found


def _as_asked(expression: str) -> str:
    """Fill in what Grafana fills in."""
    asked = expression.replace("$__rate_interval", "20s").replace('"$campaign"', '".*"')
    return asked.replace("[5m]", "[20s]")


@pytest.mark.usefixtures("a_gpu")
def test_every_picture_has_data_and_the_campaign_is_gone_when_it_ends(
    campaign: ExternalCampaign, watched: Prometheus
) -> None:
    campaign.with_updates()
    campaign.hold(after=campaign.budget - 2)
    with campaign.worker_of_each_topic(), campaign.steered() as steering:
        for title, expression in _panels():
            _await_data(watched, title, _as_asked(expression))
        _every_alert_can_be_told(watched)
        eventually(lambda: not _firing(watched))  # one late answer fires for a moment
        campaign.release()
        campaign.await_end(steering)
        assert not list(watched.targets.iterdir())


def test_trouble_is_told_and_is_over_when_it_is_over(
    campaign: ExternalCampaign, watched: Prometheus, server: TcpServer
) -> None:
    with campaign.steered() as steering:
        eventually(lambda: "MolsteerNoWorkers" in _firing(watched))
        server.kill()
        eventually(lambda: "MolsteerRedisDown" in _firing(watched))
        server.start()
        with campaign.worker():
            eventually(lambda: not _firing(watched))
            campaign.await_end(steering)


def test_steering_that_is_killed_is_missed(campaign: ExternalCampaign, watched: Prometheus) -> None:
    with campaign.steered():
        eventually(lambda: watched.query('up{job="molsteer"} == 1'))
    eventually(lambda: "MolsteerSteeringGone" in _firing(watched))


def _await_data(watched: Prometheus, title: str, expression: str) -> None:
    try:
        eventually(lambda: watched.query(expression))
    except AssertionError:
        pytest.fail(f"{title} has no data: {expression}")


def _every_alert_can_be_told(watched: Prometheus) -> None:
    rules = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]
    named = {name for rule in rules for name in re.findall(r"\bmolsteer_\w+", rule["expr"])}
    silent = [name for name in sorted(named) if not watched.query(name)]
    assert not silent


def _firing(watched: Prometheus) -> set[str]:
    firing = watched.query('ALERTS{alertstate="firing", severity!="info"}')
    return {str(series["metric"]["alertname"]) for series in firing}  # type: ignore[index]
