"""How the models' held-out errors changed from update to update."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from molsteer.shared.wire.properties import Output, written
from molsteer.steering.records.findings import Findings
from molsteer.steering.report.figures.canvas import CHOSEN, Drawing, whole_numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def learning(findings: Findings) -> Iterator[Drawing]:
    """Draw the held-out error over the labels learned from, for each property that is learned."""
    for place, output in enumerate(findings.outputs):
        points = [
            (update.labels, update.validation_mae[output.key].value)
            for update in findings.updates
            if output.key in update.validation_mae
        ]
        if len(points) > 1:
            number = f"-{place + 1}" if place else ""
            yield _curve(findings, output, points, f"learning{number}")


def _curve(
    findings: Findings, output: Output, points: list[tuple[int, float]], name: str
) -> Drawing:
    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.plot(*zip(*points, strict=True), marker="o", markersize=4, color=CHOSEN)
        axes.set_xlabel("labels learned from")
        axes.set_ylabel(f"held-out error{f' / {output.unit}' if output.unit else ''}")
        axes.set_ylim(bottom=0)
        whole_numbers(axes, x=True)

    first, last = points[0][1], points[-1][1]
    return Drawing(
        name=name,
        title=f"Held-out error: {findings.title(output)}",
        told=f"The mean absolute error on held-out labels was {written(first, output.unit, 2)} "
        f"after the first update and {written(last, output.unit, 2)} after the last. Labels that "
        f"come later are rarer molecules and harder to predict, so that it may rise while the "
        f"search gets better.",
        draw=draw,
        size=(8.0, 3.0),
    )
