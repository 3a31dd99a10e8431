"""Draws Grafana's dashboards from what a Prometheus holds, where there is no Grafana.

    python scripts/draw_dashboards.py http://127.0.0.1:9090 --minutes 10 --folder docs/pictures

It runs the queries of the panels and draws what they give; colours and fonts are not Grafana's.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
import requests
from dashboard_panels import DASHBOARDS, Panel
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_COLUMNS = 24
_POINTS = 240


@click.command()
@click.argument("prometheus")
@click.option("--minutes", default=10.0, help="How far to look back.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("docs/pictures"))
def main(prometheus: str, minutes: float, folder: Path) -> None:
    """Draw every dashboard."""
    folder.mkdir(parents=True, exist_ok=True)
    until = time.time()
    for name, panels in DASHBOARDS.items():
        figure = Figure(figsize=(15, 9), layout="constrained")
        FigureCanvasAgg(figure)
        rows = _rows(panels)
        grid = figure.add_gridspec(len(rows), _COLUMNS)
        for line, row in enumerate(rows):
            begin = 0
            for panel in row:
                axes = figure.add_subplot(grid[line, begin : begin + panel.width])
                _draw(axes, panel, prometheus, until - 60 * minutes, until)
                begin += panel.width
        figure.suptitle(f"molsteer: {name}")
        figure.savefig(folder / f"dashboard-{name}.png", dpi=75)
        sys.stdout.write(f"{folder / f'dashboard-{name}.png'}\n")


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
    axes.set_title(f"{panel.title}\n", fontsize=10, loc="left")
    axes.text(0.0, 1.02, panel.answers, transform=axes.transAxes, fontsize=7, color="grey")
    for query, legend in panel.queries:
        expression = query.replace("$__rate_interval", "30s").replace('"$campaign"', '".*"')
        for labels, points in _read(prometheus, expression, begin, end):
            times = [(at - end) / 60 for at, _ in points]
            values = [value for _, value in points]
            axes.plot(times, values, label=_named(legend, labels), linewidth=1.2)
    axes.tick_params(labelsize=7)
    axes.set_xlabel(f"min before the end; {panel.unit}", fontsize=7)
    if axes.lines:
        axes.legend(fontsize=6, loc="upper left")
    else:
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", color="grey")


def _read(
    prometheus: str, expression: str, begin: float, end: float
) -> list[tuple[dict[str, str], list[tuple[float, float]]]]:
    asked = {"query": expression, "start": begin, "end": end, "step": (end - begin) / _POINTS}
    answer = requests.get(f"{prometheus}/api/v1/query_range", asked, timeout=30)
    answer.raise_for_status()
    return [
        (series["metric"], [(float(at), float(value)) for at, value in series["values"]])
        for series in answer.json()["data"]["result"]
    ]


def _named(legend: str, labels: dict[str, str]) -> str:
    for label, value in labels.items():
        legend = legend.replace(f"{{{{{label}}}}}", value)
    return legend


if __name__ == "__main__":
    main()
