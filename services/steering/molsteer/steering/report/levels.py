"""What a report says of how far levels agree."""

from __future__ import annotations

from collections.abc import Sequence

from molsteer.steering.records.figures.between_levels import Between
from molsteer.steering.records.findings import Findings
from molsteer.steering.report.table import number

HEADINGS = (
    *("property", "unit", "levels", "molecules"),
    *("mean difference", "mean deviation", "rank correlation"),
)


def agreement(findings: Findings) -> Sequence[Sequence[str]]:
    """Give a row for each pair of levels and property, below `HEADINGS`."""
    return [
        (
            *(_compared(each), each.unit, f"{each.upper} - {each.lower}", f"{each.molecules:,}"),
            *(number(each.mean_difference), number(each.mean_deviation), number(each.rank, 2)),
        )
        for each in findings.between_levels
    ]


def _compared(between: Between) -> str:
    name, told_by = (each.replace("_", " ") for each in (between.property, between.told_by))
    return name if name == told_by else f"{name}, told by {told_by}"
