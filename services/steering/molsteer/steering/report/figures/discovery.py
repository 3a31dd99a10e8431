"""What was found when, against what chance would have found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan
from typing import TYPE_CHECKING

from molsteer.shared.wire.properties import Objective, written
from molsteer.shared.wording import counted
from molsteer.steering.records.aims import bar
from molsteer.steering.records.figures.by_chance import ByChance, hits_by_chance
from molsteer.steering.records.figures.random_picks import random_picks
from molsteer.steering.records.figures.so_far import best_so_far, hits_so_far
from molsteer.steering.records.findings import Findings
from molsteer.steering.records.hits import Valued, count_hits
from molsteer.steering.report.figures.canvas import (
    CHOSEN,
    FEW,
    HITS,
    INK,
    MANY,
    RANDOM,
    Drawing,
    legend_above,
    name_line,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_POINTS = 60
"""Numbers of simulations at which chance is asked."""

Values = Sequence[tuple[bool, Valued]]
"""Whether a model chose the molecule, and what is known of it; in the order of settling."""


def discoveries(findings: Findings) -> Iterator[Drawing]:
    """Draw the discovery curve of each objective that has a value."""
    for place, objective in enumerate(findings.objectives):
        if values := _values(findings, objective):
            yield _discovery(findings, objective, values, place)


def _values(findings: Findings, objective: Objective) -> Values:
    return [
        (bool(each.generation), known)
        for each in findings.found
        if (known := each.valued(objective.output)) is not None
    ]


def _discovery(findings: Findings, objective: Objective, values: Values, place: int) -> Drawing:
    hit = objective.hit is not None
    chance = _chance(findings, objective, len(values)) if hit else None

    def draw(figure: Figure) -> None:
        every = list(figure.subplots(2 if hit else 1, sharex=True, squeeze=False)[:, 0])
        every[0].set_ylabel(_folded(findings.title(objective.output)))
        _draw_values(every[0], values, objective, findings.starter)
        if hit:
            _draw_hits(every[1], values, objective, chance, findings.starter)
        every[-1].set_xlabel(_counted_along(findings, objective))
        every[-1].set_xlim(0, len(values) + 1)
        whole_numbers(every[-1], x=True)
        legend_above(figure, every)

    number = f"-{place + 1}" if place else ""
    return Drawing(
        name=f"discovery{number}",
        title=f"Discovery curve: {findings.title(objective.output)}",
        told=_told(values, objective, chance),
        draw=draw,
        size=(8.0, 6.0 if hit else 3.8),
    )


def _counted_along(findings: Findings, objective: Objective) -> str:
    at = f" at level {objective.output.level}" if len(findings.levels) > 1 else ""
    return f"simulations that succeeded{at}, in the order of their results"


def _chance(findings: Findings, objective: Objective, until: int) -> ByChance | None:
    drawn = random_picks(findings.found, objective, findings.starter)
    hits = count_hits(objective, drawn) or 0
    step = max(1, until // _POINTS)
    counts = [*range(0, until, step), until]
    return hits_by_chance(hits, len(drawn), findings.space_size, counts)


def _draw_values(axes: Axes, values: Values, objective: Objective, starter: str) -> None:
    for name, colour, marker, by_model in (
        (f"{starter} start", RANDOM, "s", False),
        ("chosen by the models", CHOSEN, "o", True),
    ):
        points = [
            (n, known.value) for n, (chosen, known) in enumerate(values, 1) if chosen is by_model
        ]
        if points:
            axes.scatter(
                [number for number, _ in points],
                [value for _, value in points],
                s=16 if len(values) < FEW else 4,
                color=colour,
                marker=marker,
                alpha=0.8 if len(values) < MANY else 0.3,
                linewidths=0,
                label=name,
                rasterized=len(points) > MANY,
            )
    best = best_so_far([known for _, known in values], objective)
    axes.step(
        *_corners(best), where="post", color=INK, linewidth=1.4, label="best so far", zorder=3
    )
    unit = objective.output.unit
    if objective.target is not None:
        name_line(axes, objective.target, f"wanted: {written(objective.target, unit, 2)}")
    if hits := bar(objective):
        edges = [edge for edge in objective.hit_range if abs(edge) != float("inf")]
        for edge, name in zip(edges, (f"hit: {hits}", ""), strict=False):
            name_line(axes, edge, name)
    axes.margins(y=0.12)


def _draw_hits(
    axes: Axes, values: Values, objective: Objective, chance: ByChance | None, starter: str
) -> None:
    counts = [0, *hits_so_far([known for _, known in values], objective)]
    if chance:
        axes.fill_between(
            chance.simulated, chance.low, chance.high, color=RANDOM, alpha=0.25, linewidth=0
        )
        axes.fill_between([], [], [], color=RANDOM, alpha=0.25, label="at random, 95%")
        axes.plot(
            *(chance.simulated, chance.expected),
            color=RANDOM,
            linestyle=":",
            label=f"at random, as in the {starter} start",
        )
    axes.step(*_corners(counts, first=0), where="post", color=HITS, linewidth=1.8, label="hits")
    axes.set_ylabel(f"hits\n({bar(objective)})")
    axes.set_ylim(0, 1.08 * max([*counts, *(chance.high if chance else ()), 3]))
    whole_numbers(axes, y=True)


def _corners(values: Sequence[float], first: int = 1) -> tuple[list[int], list[float]]:
    """Keep where a stair changes, and its end; the rest would only make the file large."""
    kept = [
        place
        for place, value in enumerate(values)
        if not place or place == len(values) - 1 or value != values[place - 1]
    ]
    return [place + first for place in kept], [values[place] for place in kept]


def _told(values: Values, objective: Objective, chance: ByChance | None) -> str:
    unit = objective.output.unit
    best = best_so_far([known for _, known in values], objective)[-1]
    told = f"The best of {counted(len(values), 'value')} is {written(best, unit)}."
    if isnan(best):
        told = f"No molecule of {counted(len(values), 'value')} keeps all limits."
    if objective.hit is None:
        return told
    hits = count_hits(objective, [known for _, known in values]) or 0
    told += f" {counted(hits, 'hit')} ({bar(objective)})"
    if chance is None:
        return f"{told}; nothing was drawn at random to compare them with."
    low, high = chance.low[-1], chance.high[-1]
    return (
        f"{told}. As many simulations at random would have found {low:.0f} to {high:.0f} "
        f"(95% sure, by the hits of the start)."
    )


def _folded(title: str) -> str:
    name, slash, unit = title.partition(" / ")
    return title if len(title) <= 30 else f"{name}\n{slash.lstrip()}{unit}".rstrip()
