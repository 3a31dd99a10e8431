"""Figures are bounded, never shrink by a wrong clock, and are served where nobody else listens."""

from __future__ import annotations

import socket
from math import isnan

import pytest
import requests
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from molsteer.shared.errors import UserError
from molsteer.shared.telemetry.metrics import METRICS
from molsteer.steering.metrics.instruments import MOST_VALUES, Instruments, served

pytestmark = pytest.mark.fast


def _value(instruments: Instruments, name: str, **labels: str) -> float | None:
    return instruments.registry.get_sample_value(f"molsteer_{name}", labels)


def test_every_metric_of_the_table_is_there_from_the_beginning() -> None:
    text = generate_latest(Instruments().registry).decode()
    found = {family.name for family in text_string_to_metric_families(text)}
    assert found == {f"molsteer_{metric.name}" for metric in METRICS}


def test_what_was_not_read_yet_is_no_figure() -> None:
    instruments = Instruments()
    gauges = [metric for metric in METRICS if metric.kind == "gauge" and not metric.labels]
    values = [_value(instruments, metric.name) for metric in gauges]
    assert values
    assert all(value is not None and isnan(value) for value in values)


def test_labels_are_bounded() -> None:
    instruments = Instruments()
    for number in range(3 * MOST_VALUES):
        instruments.add("failures", topic="simulate", reason=f"made-up-{number}")
    text = generate_latest(instruments.registry).decode()
    series = [line for line in text.splitlines() if line.startswith("molsteer_failures_total{")]
    assert len(series) == MOST_VALUES + 1
    others = _value(instruments, "failures_total", topic="simulate", reason="other")
    assert others == 2 * MOST_VALUES


def test_a_clock_that_was_set_back_shrinks_nothing() -> None:
    instruments = Instruments()
    instruments.add("task_cpu_seconds", 5.0, topic="train")
    instruments.add("task_cpu_seconds", -7.0, topic="train")
    instruments.observe("task_wait_seconds", -3600.0, topic="train")
    assert _value(instruments, "task_cpu_seconds_total", topic="train") == 5.0
    assert _value(instruments, "task_wait_seconds_sum", topic="train") == 0.0


def test_figures_are_served_and_the_port_is_free_afterwards() -> None:
    instruments = Instruments()
    instruments.set("dead_letters", 3)
    with served(instruments, "127.0.0.1", 0) as port:
        text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    assert "molsteer_dead_letters 3.0" in text.splitlines()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def test_a_port_in_use_is_told_with_its_cure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(UserError, match=rf"127\.0\.0\.1:{port}.*metrics\.port"),
            served(Instruments(), "127.0.0.1", port),
        ):
            pass


def test_an_address_of_another_machine_is_told_with_its_cure() -> None:
    with (
        pytest.raises(UserError, match=r"192\.0\.2\.1:0.*metrics\.host"),
        served(Instruments(), "192.0.2.1", 0),
    ):
        pass
