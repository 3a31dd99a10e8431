"""The discovery plot: what each simulation found, and how many hits there are by then."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

from molsteer.steering.records.findings import Findings

_START, _STEERED, _HITS = "#8a8f98", "#1f6fb4", "#c2541b"


def draw_discovery(findings: Findings, path: Path) -> None:
    """Draw ionization potentials and the running count of hits over the simulations."""
    # Loaded when a campaign ends, for it takes as long as everything else at the start of one.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for label, color, chosen in (
        (f"{findings.starter} start", _START, [m for m in findings.found if m.generation == 0]),
        ("chosen by the models", _STEERED, [m for m in findings.found if m.generation > 0]),
    ):
        axes.scatter(
            [m.number for m in chosen],
            [m.adiabatic_eV for m in chosen],
            s=14,
            color=color,
            label=label,
        )
    axes.axhline(findings.hit_above_eV, color=_HITS, linewidth=0.8, linestyle="--")
    axes.set_xlabel("simulations")
    axes.set_ylabel("adiabatic ionization potential / eV")
    axes.set_title(f"{findings.name}: what was found")
    count_axes = axes.twinx()
    hits = [m.adiabatic_eV > findings.hit_above_eV for m in findings.found]
    count_axes.step(
        range(1, len(hits) + 1),
        list(accumulate(hits)),
        where="post",
        color=_HITS,
    )
    count_axes.set_ylabel(f"hits above {findings.hit_above_eV:g} eV", color=_HITS)
    count_axes.set_ylim(bottom=0)
    axes.legend(loc="lower right", frameon=False)
    figure.savefig(path, dpi=150)
