"""Draws Grafana's dashboards from what a Prometheus holds, where there is no Grafana.

    python scripts/draw_dashboards.py http://127.0.0.1:9090 --minutes 10 --folder docs/pictures

It runs the queries of the panels and draws what they give; colours and fonts are not Grafana's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from math import log
from pathlib import Path

import click
import requests
from dashboard_panels import DASHBOARDS, Panel
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

_COLUMNS = 24
_POINTS = 240
_MARGINS = {"left": 0.04, "right": 0.99, "top": 0.9, "bottom": 0.05, "hspace": 0.55, "wspace": 4.5}

Series = tuple[str, list[tuple[float, float]]]
"""A curve: its name, and moments with values."""


@click.command()
@click.argument("prometheus")
@click.option("--minutes", default=10.0, help="How far to look back.")
@click.option("--until", default=0.0, help="Minutes ago at which the pictures end.")
@click.option("--campaign", default=".*", help="Which campaign, as a regular expression.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("docs/pictures"))
def main(prometheus: str, minutes: float, until: float, campaign: str, folder: Path) -> None:
    """Draw every dashboard."""
    folder.mkdir(parents=True, exist_ok=True)
    end = time.time() - 60 * until
    for name, panels in DASHBOARDS.items():
        figure = Figure(figsize=(16, 3.2 * len(_rows(panels))))
        FigureCanvasAgg(figure)
        rows = _rows(panels)
        grid = figure.add_gridspec(len(rows), _COLUMNS, **_MARGINS)
        for line, row in enumerate(rows):
            begin = 0
            for panel in row:
                axes = figure.add_subplot(grid[line, begin : begin + panel.width])
                _draw(axes, _asked(panel, campaign), prometheus, end - 60 * minutes, end)
                begin += panel.width
        figure.suptitle(f"molsteer: {name}", fontsize=14, x=0.04, ha="left")
        _save(figure, folder / f"dashboard-{name}.png")
        sys.stdout.write(f"{folder / f'dashboard-{name}.png'}\n")


def _save(figure: Figure, file: Path) -> None:
    """Write a picture with few colours, for it lives in a repository."""
    drawn = BytesIO()
    figure.savefig(drawn, dpi=72)
    Image.open(drawn).convert("RGB").quantize(160).save(file, optimize=True)


def _rows(panels: tuple[Panel, ...]) -> list[list[Panel]]:
    rows, width = list[list[Panel]](), _COLUMNS
    for panel in panels:
        if width + panel.width > _COLUMNS:
            rows.append([])
            width = 0
        rows[-1].append(panel)
        width += panel.width
    return rows


def _draw(axes: Axes, panel: Panel, prometheus: str, begin: float, end: float) -> None:
    size = 11 if len(panel.answers) < 4 * panel.width else 9
    axes.set_title(f"{panel.answers}\n", fontsize=size, loc="left", fontweight="bold")
    axes.text(0.0, 1.04, panel.title, transform=axes.transAxes, fontsize=8.5, color="dimgrey")
    series = [
        (_named(legend, labels), points)
        for query, legend in panel.queries
        for labels, points in _read(prometheus, query, begin, end)
        if points
    ]
    if not series:
        axes.axis("off")
        axes.text(
            0.5, 0.5, "nothing to tell yet", transform=axes.transAxes, ha="center", color="grey"
        )
    elif panel.kind == "timeseries":
        _draw_curves(axes, panel, series, end)
    else:
        _write_numbers(axes, panel, series)


def _asked(panel: Panel, campaign: str) -> Panel:
    """Fill in what Grafana fills in."""
    filled = [
        (query.replace("$__rate_interval", "30s").replace("$campaign", campaign), legend)
        for query, legend in panel.queries
    ]
    return replace(panel, queries=filled)


def _draw_curves(axes: Axes, panel: Panel, series: Sequence[Series], end: float) -> None:
    for name, points in series:
        times = [(at - end) / 60 for at, _ in points]
        values = [value for _, value in points]
        axes.plot(times, values, label=f"{name}: {_written(values[-1], panel.unit)}", linewidth=1.8)
    if panel.title != "Best value":
        axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(lambda value, _: _written(value, panel.unit))
    axes.xaxis.set_major_formatter(lambda minutes, _: f"{minutes:g} min")
    axes.set_xlim(right=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="best", framealpha=0.7)


def _write_numbers(axes: Axes, panel: Panel, series: Sequence[Series]) -> None:
    axes.axis("off")
    step = 0.9 / max(len(series), 4)
    for place, (name, points) in enumerate(series):
        height = 0.85 - place * step
        value = _written(points[-1][1], panel.unit)
        axes.text(0.30, height, value, fontsize=15, ha="right", fontweight="bold")
        axes.text(0.34, height, name, fontsize=10, color="dimgrey")


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _written(value: float, unit: str) -> str:
    """Write a number as Grafana does, short."""
    match unit:
        case "percentunit":
            return f"{value:.0%}"
        case "bytes" | "Bps":
            power = 0 if value < 1 else min(int(log(value, 1024)), 4)
            ending = f"{('', 'K', 'M', 'G', 'T')[power]}B{'/s' if unit == 'Bps' else ''}"
            return f"{_digits(value / 1024**power)} {ending}"
        case "s":
            return f"{1000 * value:.3g} ms" if 0 < value < 1 else f"{value:.3g} s"
        case "h":
            return f"{value:.3g} h"
        case _:
            return f"{value:,.0f}" if value == round(value) else f"{value:.3g}"


def _read(
    prometheus: str, expression: str, begin: float, end: float
) -> list[tuple[dict[str, str], list[tuple[float, float]]]]:
    asked = {"query": expression, "start": begin, "end": end, "step": (end - begin) / _POINTS}
    answer = requests.get(f"{prometheus}/api/v1/query_range", asked, timeout=30)
    answer.raise_for_status()
    return [
        (series["metric"], [(float(at), float(v)) for at, v in series["values"] if v != "NaN"])
        for series in answer.json()["data"]["result"]
    ]


def _named(legend: str, labels: dict[str, str]) -> str:
    for label, value in labels.items():
        legend = legend.replace(f"{{{{{label}}}}}", value)
    return legend


if __name__ == "__main__":
    main()
