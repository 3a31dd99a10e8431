"""Dashboards and the reference of metrics follow from the code, and hold together."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from molsteer.shared.telemetry.metric import LABELS
from molsteer.shared.telemetry.metrics import METRICS

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "monitoring" / "grafana" / "dashboards"
NAMES = ("campaign", "machines", "pipeline")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return runpy.run_path(str(ROOT / "scripts" / "write_dashboards.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_is_up_to_date(name: str, script: dict[str, Any]) -> None:
    assert (FOLDER / f"{name}.json").read_text() == script["dashboard"](name), "Run `make docs`."


def test_the_reference_of_metrics_is_up_to_date(script: dict[str, Any]) -> None:
    written = (ROOT / "docs" / "metrics.md").read_text()
    assert written == script["metrics_reference"](), "Run `make docs`."


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_places_of_their_own(name: str) -> None:
    panels = json.loads((FOLDER / f"{name}.json").read_text())["panels"]
    places = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(places)) == len(places)
    assert all(x < 24 for x, _ in places)
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_every_figure_is_in_a_dashboard_or_an_alert() -> None:
    shown = "".join((FOLDER / f"{name}.json").read_text() for name in NAMES)
    shown += (ROOT / "deploy" / "monitoring" / "rules" / "molsteer.yml").read_text()
    unseen = [
        m.full_name for m in METRICS if not re.search(rf"{m.full_name}\b|{m.full_name}_", shown)
    ]
    assert unseen == SEEN_ELSEWHERE


SEEN_ELSEWHERE = [
    "molsteer_build_info",
    "molsteer_failures_total",
    "molsteer_molecules_given_up",
    "molsteer_model_labels",
    "molsteer_update_progress_ratio",
    "molsteer_worker_processes",
    "molsteer_transfer_seconds_total",
    "molsteer_read_errors_total",
]
"""Figures for questions that nobody has asked so far."""


def test_names_follow_the_conventions_of_prometheus() -> None:
    for metric in METRICS:
        assert re.fullmatch(r"molsteer_[a-z0-9_]+", metric.full_name)
        assert metric.unit in ("", "ratio") or metric.unit in metric.name
        assert set(metric.labels) <= set(LABELS)
        assert (metric.kind == "histogram") == bool(metric.buckets)
    assert set(LABELS) == {label for metric in METRICS for label in metric.labels}
