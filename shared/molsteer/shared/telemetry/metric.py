"""What a metric is, and what its labels say.

Names are those of Prometheus: one prefix, base units, `_total` for what only grows. Labels have few
values each, never ids or SMILES; https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: Without the prefix `molsteer_`, and for counters without the ending `_total`.
        help: What it says, in one line.
        unit: Unit of its numbers; empty for counts.
        labels: Names of its labels.
        buckets: Upper bounds of a histogram's buckets, in its unit.
    """

    kind: Kind
    name: str
    help: str
    unit: str = ""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """Its name as it is scraped."""
        return f"molsteer_{self.name}{'_total' if self.kind == 'counter' else ''}"


LABELS = MappingProxyType(
    {
        "topic": "simulate, train or infer",
        "level": "level of theory, as the campaign names it",
        "outcome": "ok, error, timeout, poison or cancelled",
        "reason": "code of a failure",
        "property": "property of an objective or output",
        "unit": "unit of that property; empty where it has none",
        "line": "fresh, stale or starters: candidates of the newest models, of older ones, and "
        "those drawn before there was one",
        "stage": "training, scoring or none",
        "store": "blob store",
        "side": "who moved the data: steering or the worker",
        "operation": "put, get, cached: read from nearby, or ahead: fetched in advance",
        "pool": "pool of workers",
        "site": "site that started a worker; unnamed where none did",
        "currency": "currency of the prices in [costs]",
        "end": "value, or lowest or highest: an end of the interval around it",
        "version": "version of molsteer",
        "python": "version of Python",
    }
)
"""What the labels say."""
