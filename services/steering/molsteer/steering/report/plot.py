"""The discovery plot: what each simulation found, and how many hits there are by then."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.shared.wire.properties import Objective
from molsteer.steering.records.aims import bar
from molsteer.steering.records.findings import Findings
from molsteer.steering.records.found import Found

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_START, _STEERED, _HITS = "#8a8f98", "#1f6fb4", "#c2541b"

Points = Sequence[tuple[Found, float]]


def draw_discovery(findings: Findings, path: Path) -> None:
    """Draw the values of each objective over the simulations, and count hits, if any are."""
    # Loaded when a campaign ends, for it takes as long as everything else at the start of one.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = max(1, len(findings.objectives))
    figure = Figure(figsize=(8.0, 4.5 * panels), layout="constrained")
    FigureCanvasAgg(figure)
    every = figure.subplots(panels, sharex=True, squeeze=False)[:, 0]
    every[0].set_title(f"{findings.name}: what was found")
    every[-1].set_xlabel("simulations")
    for axes, objective in zip(every, findings.objectives, strict=False):
        _draw(axes, findings, objective)
    figure.savefig(path, dpi=150)


def _draw(axes: Axes, findings: Findings, objective: Objective) -> None:
    points = [
        (found, value)
        for found in findings.found
        if (value := found.value(objective.output)) is not None
    ]
    axes.set_ylabel(findings.title(objective.output))
    _draw_values(axes, points, findings.starter)
    for mark in _marks(objective):
        axes.axhline(mark, color=_HITS, linewidth=0.8, linestyle="--")
    if hits := bar(objective):
        _count_hits(axes, points, objective, f"hits {hits}")
    minimised = objective.goal == "minimise"
    axes.legend(loc="upper right" if minimised else "lower right", frameon=False)


def _draw_values(axes: Axes, points: Points, starter: str) -> None:
    for label, color, steered in (
        (f"{starter} start", _START, False),
        ("chosen by the models", _STEERED, True),
    ):
        chosen = [(found, value) for found, value in points if bool(found.generation) is steered]
        axes.scatter(
            [found.number for found, _ in chosen],
            [value for _, value in chosen],
            s=14,
            color=color,
            label=label,
        )


def _count_hits(axes: Axes, points: Points, objective: Objective, title: str) -> None:
    count_axes = axes.twinx()
    count_axes.step(
        [found.number for found, _ in points],
        list(accumulate(objective.is_hit(value) for _, value in points)),
        where="post",
        color=_HITS,
    )
    count_axes.set_ylabel(title, color=_HITS)
    count_axes.set_ylim(bottom=0)


def _marks(objective: Objective) -> Sequence[float]:
    """Give the values at which hits begin, or that are to be reached."""
    match objective.target, objective.hit:
        case None, None:
            return ()
        case None, float(hit):
            return (hit,)
        case float(target), None:
            return (target,)
        case float(target), float(hit):
            return (target - abs(hit), target + abs(hit))
        case _:
            return ()
