"""Several campaigns in one figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from molsteer.shared.foreign_text import one_line
from molsteer.shared.wire.properties import Objective
from molsteer.steering.records.aims import bar
from molsteer.steering.records.figures.by_chance import hits_by_chance
from molsteer.steering.records.watching.comparison import Comparison, Group, curve, mean
from molsteer.steering.report.figures.canvas import RANDOM, Drawing, legend_above, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = ("#1f6fb4", "#c2541b", "#2f8f6b", "#8a4fb0", "#b08a00", "#444b57")
_POINTS = 200


def compared(comparison: Comparison) -> Iterator[Drawing]:
    """Draw the hits of every campaign, or their best values where there is no threshold."""
    objective = comparison.objective
    if objective is None or not any(curve(story, objective) for story in comparison.stories):
        return
    output = objective.output
    what = f"hits ({bar(objective)})" if objective.hit is not None else f"best {output.title}"

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        if objective.hit is not None:
            _draw_chance(axes, comparison, objective)
        for place, group in enumerate(comparison.groups):
            _draw_group(axes, group, objective, _COLOURS[place % len(_COLOURS)])
        axes.set_xlabel("simulations that succeeded, in the order of their results")
        axes.set_ylabel(what)
        axes.set_xlim(left=0)
        if objective.hit is not None:
            axes.set_ylim(bottom=0)
        whole_numbers(axes, x=True, y=objective.hit is not None)
        legend_above(figure, [axes])

    yield Drawing(
        name="comparison",
        title=f"All campaigns: {what}",
        told="Thin lines are campaigns, thick ones the mean of those whose settings are alike, "
        "with the 95% interval of the mean where there are at least two.",
        draw=draw,
    )


def _draw_chance(axes: Axes, comparison: Comparison, objective: Objective) -> None:
    drawn = [group.advantage for group in comparison.groups if group.advantage]
    longest = max(len(curve(story, objective)) for story in comparison.stories)
    counts = sorted({*range(0, longest, max(1, longest // 60)), longest})
    sizes = [story.findings.space_size for story in comparison.stories]
    hits, draws = sum(each.drawn_hits or 0 for each in drawn), sum(each.drawn for each in drawn)
    chance = hits_by_chance(hits, draws, max(sizes), counts)
    if chance:
        axes.fill_between(
            *(chance.simulated, chance.low, chance.high),
            color=RANDOM,
            alpha=0.25,
            linewidth=0,
            label="at random, 95%",
        )


def _draw_group(axes: Axes, group: Group, objective: Objective, colour: str) -> None:
    curves = [found for story in group.stories if (found := curve(story, objective))]
    for found in curves:
        axes.step(*_thinned(found), where="post", color=colour, linewidth=0.8, alpha=0.55)
    if not curves:
        return
    common = min(map(len, curves))
    places = np.unique(np.linspace(0, common - 1, min(common, _POINTS)).astype(int))
    means = [mean([found[place] for found in curves]) for place in places]
    known = [(place + 1, each) for place, each in zip(places, means, strict=True) if each]
    name = f"{one_line(group.name)} ({len(curves)})"
    axes.plot(
        [place for place, _ in known],
        [each.value for _, each in known],
        color=colour,
        linewidth=2.0,
        label=name,
    )
    if len(curves) > 1:
        low, high = (
            [each.value + side * (each.error or 0.0) for _, each in known] for side in (-1, 1)
        )
        axes.fill_between(
            [place for place, _ in known], low, high, color=colour, alpha=0.15, linewidth=0
        )


def _thinned(found: Sequence[float]) -> tuple[list[int], list[float]]:
    places = np.unique(np.linspace(0, len(found) - 1, min(len(found), 5 * _POINTS)).astype(int))
    return [int(place) + 1 for place in places], [found[place] for place in places]
