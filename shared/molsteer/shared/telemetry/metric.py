"""What a metric is."""

from __future__ import annotations

from dataclasses import dataclass
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
