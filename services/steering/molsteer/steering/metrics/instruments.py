"""Metrics as a server of Prometheus scrapes them, made from their table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import nan
from typing import assert_never

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from molsteer.shared.errors import UserError
from molsteer.shared.telemetry.metric import Metric
from molsteer.shared.telemetry.metrics import METRICS

MOST_VALUES = 100
"""Values that one label of a metric may have; further ones are counted together."""

OTHER = "other"


class Instruments:
    """All metrics of the table, each in the registry from the beginning.

    A gauge is no number before it was set, for a zero would be a figure: the age of a model that
    does not exist, or a full disk.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._made = {metric.name: _made(metric, self.registry) for metric in METRICS}
        self._values: dict[tuple[str, str], set[str]] = {}
        self._series: dict[str, dict[tuple[str, ...], Counter | Gauge | Histogram]] = {}

    def set(self, name: str, value: float, **labels: str) -> None:
        """Give a gauge its value."""
        gauge = self._labelled(name, labels)
        if not isinstance(gauge, Gauge):
            raise TypeError(f"{name} is no gauge.")
        gauge.set(value)

    def add(self, name: str, amount: float = 1.0, **labels: str) -> None:
        """Let a counter grow; clocks that were set back let nothing shrink."""
        counter = self._labelled(name, labels)
        if not isinstance(counter, Counter):
            raise TypeError(f"{name} is no counter.")
        counter.inc(max(amount, 0.0))

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Put a value into a histogram; what lies before its beginning, by another clock, is 0."""
        histogram = self._labelled(name, labels)
        if not isinstance(histogram, Histogram):
            raise TypeError(f"{name} is no histogram.")
        histogram.observe(max(value, 0.0))

    def clear(self, name: str) -> None:
        """Forget all values of a gauge with labels, before those that there are now are set."""
        self._made[name].clear()
        self._series.pop(name, None)

    def _labelled(self, name: str, labels: Mapping[str, str]) -> Counter | Gauge | Histogram:
        made = self._made[name]
        if not labels:
            return made
        # Tasks end by the thousand, with the same few labels.
        known, key = self._series.setdefault(name, {}), (*labels, *labels.values())
        if key not in known:
            bounded = {label: self._bounded(name, label, value) for label, value in labels.items()}
            if OTHER in bounded.values():  # there may be any number of these
                return made.labels(**bounded)
            known[key] = made.labels(**bounded)
        return known[key]

    def _bounded(self, name: str, label: str, value: str) -> str:
        known = self._values.setdefault((name, label), set())
        if value not in known and len(known) >= MOST_VALUES:
            return OTHER
        known.add(value)
        return value


def _made(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    name, labels = f"molsteer_{metric.name}", metric.labels
    match metric.kind:
        case "counter":
            return Counter(name, metric.help, labels, registry=registry)
        case "gauge":
            gauge = Gauge(name, metric.help, labels, registry=registry)
            if not labels:
                gauge.set(nan)
            return gauge
        case "histogram":
            return Histogram(name, metric.help, labels, registry=registry, buckets=metric.buckets)
        case _:
            assert_never(metric.kind)


@contextmanager
def served(instruments: Instruments, host: str, port: int) -> Iterator[int]:
    """Answer scrapes from a thread of its own; gives the port, which is free to choose at 0.

    Raises:
        UserError: If the port cannot be had.
    """
    from prometheus_client import start_http_server

    try:
        server, thread = start_http_server(port, host, instruments.registry)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"Metrics cannot be served at {host}:{port}: {reason}. Choose another "
            f"metrics.port or metrics.host, or leave metrics.port out."
        ) from None
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
