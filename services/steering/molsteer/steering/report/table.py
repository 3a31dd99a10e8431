"""Tables that read well as text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from molsteer.shared.wire.properties import Quantity, figures


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a Markdown table whose columns stand below each other."""
    lines = [header, *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "".join(f"| {' | '.join(map(str.ljust, line, widths))} |\n" for line in lines)


def number(value: float | Quantity | None, digits: int = 3) -> str:
    """Write a number, whose unit stands in the heading, or that there is none."""
    if value is None:
        return "-"
    if isinstance(value, Quantity):
        return figures(value.value, value.unit, digits)
    return f"{value:.{digits}f}"
