"""Prometheus accepts our configuration, and each alert fires when it should and only then."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from monitoring.alert_cases import CASES, Series
from support.prometheus import promtool

from molsteer.shared.telemetry.metrics import METRICS

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = MONITORING / "rules" / "molsteer.yml"


def _rules() -> list[dict[str, object]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = [str(rule["alert"]) for rule in _rules() if "alert" in rule]


@pytest.mark.parametrize("command", [["config", "prometheus.yml"], ["rules", "rules/molsteer.yml"]])
def test_prometheus_accepts_our_files(command: list[str]) -> None:
    kind, file = command
    done = subprocess.run(
        [promtool(), "check", kind, file],
        cwd=MONITORING,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.fast
def test_every_alert_is_tried_out_and_explained() -> None:
    assert sorted(ALERTS) == sorted(CASES)
    explained = (ROOT / "docs" / "alerts.md").read_text()
    for rule in _rules():
        if "alert" in rule:
            assert f"\n## {rule['alert']}\n" in explained
            links = [str(rule["annotations"]["runbook_url"])]  # type: ignore[index]
            assert links == [f"docs/alerts.md#{str(rule['alert']).lower()}"]


@pytest.mark.fast
def test_rules_speak_of_metrics_that_exist() -> None:
    known = {name for metric in METRICS for name in (metric.full_name, f"{metric.full_name}_sum")}
    named = {name for rule in _rules() for name in re.findall(r"\bmolsteer_\w+", str(rule["expr"]))}
    assert named <= known


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_fires_when_it_should_and_only_then(alert: str, tmp_path: Path) -> None:
    case = CASES[alert]
    tests = [_story(alert, case.at, case.bad, fires=True), _story(alert, case.at, case.good)]
    file = tmp_path / "test.yml"
    document = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}
    file.write_text(yaml.safe_dump(document))
    command = [promtool(), "test", "rules", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _story(alert: str, at: str, series: Series, *, fires: bool = False) -> Mapping[str, object]:
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}", alertstate="firing"}})',
                "eval_time": at,
                "exp_samples": [{"value": 1}] if fires else [],
            }
        ],
    }
