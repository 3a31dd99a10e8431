"""A picture of Grafana, as far as ours differ from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture.

    Attributes:
        answers: The question it answers, shown with it.
        queries: Expressions and how their curves are named.
        unit: Unit as Grafana calls it.
        width: Of the 24 columns of a dashboard.
    """

    title: str
    answers: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: Literal["timeseries", "stat", "bargauge"] = "timeseries"
    width: int = 8
