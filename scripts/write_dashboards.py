"""Writes Grafana's dashboards and the reference of metrics, from the table of metrics."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboard_panels import DASHBOARDS
from grafana_panel import Panel

from molsteer.shared.telemetry.metric import LABELS, Metric
from molsteer.shared.telemetry.metrics import METRICS

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy" / "monitoring" / "grafana" / "dashboards"
REFERENCE = ROOT / "docs" / "metrics.md"

_WIDTH, _HEIGHT = 24, 8


def dashboard(name: str) -> str:
    """Write one dashboard as Grafana provisions it."""
    document = {
        "uid": f"molsteer-{name}",
        "title": f"molsteer: {name}",
        "tags": ["molsteer"],
        "schemaVersion": 38,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_datasource(), _campaign()]},
        "panels": list(_placed(DASHBOARDS[name])),
    }
    return json.dumps(document, indent=2) + "\n"


def metrics_reference() -> str:
    """Write the reference of all metrics as Markdown."""
    return "".join([_INTRODUCTION, *map(_row, METRICS), _LABELS, *map(_label, LABELS.items())])


def _placed(panels: Sequence[Panel]) -> list[dict[str, object]]:
    placed, x, y = list[dict[str, object]](), 0, 0
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > _WIDTH:
            x, y = 0, y + _HEIGHT
        place = {"x": x, "y": y, "w": panel.width, "h": _HEIGHT}
        placed.append(_drawn(panel, number, place))
        x += panel.width
    return placed


def _drawn(panel: Panel, number: int, place: dict[str, int]) -> dict[str, object]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    targets = [
        {"refId": chr(ord("A") + turn), "expr": query, "legendFormat": name, "datasource": source}
        for turn, (query, name) in enumerate(panel.queries)
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.answers,
        "datasource": source,
        "gridPos": place,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0} | _range(panel),
            "overrides": [],
        },
        "targets": targets,
    }


def _range(panel: Panel) -> dict[str, object]:
    if panel.title == "Best value":
        return {"min": None}
    return {"max": 1} if panel.unit == "percentunit" else {}


def _datasource() -> dict[str, object]:
    return {
        "name": "datasource",
        "type": "datasource",
        "query": "prometheus",
        "label": "Prometheus",
    }


def _campaign() -> dict[str, object]:
    return {
        "name": "campaign",
        "type": "query",
        "label": "Campaign",
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "query": "label_values(molsteer_read_timestamp_seconds, campaign)",
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }


_INTRODUCTION = """\
# Metrics

<!-- Written by `make docs` from molsteer.shared.telemetry.metrics; change that instead. -->

`molsteer run --metrics-port 9464` serves these figures at `http://127.0.0.1:9464/metrics` while the
campaign runs. Steering reads them every five seconds from its ledger and from Redis; a scrape gives
what was read last and waits for nothing. [Monitoring](monitoring.md) says how Prometheus and
Grafana get them, [alerts](alerts.md) what to do when one fires.

Counters begin with everything that is in the ledger, so a campaign that goes on does not begin at
zero. A gauge that was not read yet is NaN, and no alert fires by it. A label has at most 100
values; further ones are counted as `other`.

| metric | type | labels | meaning |
|---|---|---|---|
"""

_LABELS = "\n| label | says |\n|---|---|\n"


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.full_name}` | {metric.kind} | {labels} | {metric.help} |\n"


def _label(item: tuple[str, str]) -> str:
    name, says = item
    return f"| `{name}` | {says} |\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    written = {FOLDER / f"{name}.json": dashboard(name) for name in DASHBOARDS}
    for path, text in (written | {REFERENCE: metrics_reference()}).items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path}\n")
