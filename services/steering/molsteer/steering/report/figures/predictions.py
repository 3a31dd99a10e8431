"""How good the models' expectations were, and how values are distributed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from molsteer.shared.wire.properties import Objective, written
from molsteer.steering.records.findings import Findings
from molsteer.steering.report.figures.canvas import (
    CHOSEN,
    FEW,
    HITS,
    INK,
    MANY,
    RANDOM,
    Drawing,
    legend_above,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Expected = Sequence[tuple[float, float, float]]
"""What was predicted, how far the models were apart, and what was computed."""


def expectations(findings: Findings) -> Iterator[Drawing]:
    """Draw what models predicted of the leading objective beside what was computed."""
    objective = findings.leading
    known = _expected(findings, objective) if objective else []
    if objective is None or len(known) < 2:
        return
    unit = objective.output.unit
    predicted, spreads, computed = np.array(known).T
    errors = computed - predicted

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.errorbar(
            *(predicted, computed),
            xerr=spreads,
            fmt="o",
            markersize=3.5 if len(known) < FEW else 1.5,
            color=CHOSEN,
            ecolor=CHOSEN,
            elinewidth=0.8 if len(known) < FEW else 0.3,
            alpha=0.7 if len(known) < MANY else 0.2,
            label="molecule, with the spread of the models",
            rasterized=len(known) > MANY,
        )
        ends = [min(predicted.min(), computed.min()), max(predicted.max(), computed.max())]
        axes.plot(ends, ends, color=INK, linewidth=1.0, label="predicted = computed")
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xlabel(f"predicted when it was chosen{f' / {unit}' if unit else ''}")
        axes.set_ylabel(f"computed{f' / {unit}' if unit else ''}")
        legend_above(figure, [axes])

    within = float(np.mean(np.abs(errors) <= 2.0 * spreads))
    yield Drawing(
        name="predictions",
        title=f"Predicted and computed: {findings.title(objective.output)}",
        told=f"Of {len(known)} molecules that models chose, the mean absolute error is "
        f"{written(float(np.abs(errors).mean()), unit, 2)}, and the values lie "
        f"{written(abs(float(errors.mean())), unit, 2)} "
        f"{'above' if errors.mean() > 0 else 'below'} the predictions on average. "
        f"{within:.0%} of them are within two spreads of the models (95% would be right).",
        draw=draw,
        size=(6.4, 5.2),
    )


def distributions(findings: Findings) -> Iterator[Drawing]:
    """Draw how values of each objective are distributed, random and chosen ones."""
    for place, objective in enumerate(findings.objectives):
        values = [
            (bool(each.generation), value)
            for each in findings.found
            if (value := each.value(objective.output)) is not None
        ]
        if len(values) < 2:
            continue
        number = f"-{place + 1}" if place else ""
        yield _distribution(findings, objective, values, f"distribution{number}")


def _distribution(
    findings: Findings, objective: Objective, values: Sequence[tuple[bool, float]], name: str
) -> Drawing:
    predicted = (
        [expected for expected, _, _ in _expected(findings, objective)]
        if objective == findings.leading
        else []
    )

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        every = [*(v for _, v in values), *predicted]
        edges = np.histogram_bin_edges(every, bins=_bins(values)).tolist()
        for by_model, colour, title in (
            (False, RANDOM, f"{findings.starter} start"),
            (True, CHOSEN, "chosen by the models"),
        ):
            chosen = [value for model, value in values if model is by_model]
            if chosen:
                axes.hist(chosen, edges, color=colour, alpha=0.6, label=title)
        if predicted:
            axes.hist(
                predicted,
                edges,
                histtype="step",
                color=INK,
                linestyle="--",
                label="as predicted when chosen",
            )
        for edge in objective.hit_range if objective.hit is not None else ():
            if abs(edge) != float("inf"):
                axes.axvline(edge, color=HITS, linestyle="--", linewidth=1.0, label="hits begin")
        axes.set_xlabel(findings.title(objective.output))
        axes.set_ylabel("molecules")
        whole_numbers(axes, y=True)
        legend_above(figure, [axes])

    every = [value for _, value in values]
    unit = objective.output.unit
    return Drawing(
        name=name,
        title=f"Distribution: {findings.title(objective.output)}",
        told=f"Half of all computed values lie between "
        f"{written(float(np.quantile(every, 0.25)), unit, 2)} and "
        f"{written(float(np.quantile(every, 0.75)), unit, 2)}.",
        draw=draw,
        size=(8.0, 3.6),
    )


def _bins(values: Sequence[object]) -> int:
    return int(np.clip(np.sqrt(len(values)) * 2, 8, 40))


def _expected(findings: Findings, objective: Objective) -> Expected:
    return [
        (each.predicted.value, each.spread.value if each.spread else 0.0, value)
        for each in findings.found
        if each.predicted is not None and (value := each.value(objective.output)) is not None
    ]
