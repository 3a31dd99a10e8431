"""When workers were busy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from molsteer.shared.foreign_text import one_line
from molsteer.shared.wire.topics import TOPICS
from molsteer.shared.wording import counted
from molsteer.steering.records.watching.machines import Lane, Machines, Span
from molsteer.steering.report.figures.canvas import (
    FAINT,
    TOPIC_COLOURS,
    Drawing,
    legend_above,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LANES_SHOWN = 24
"""Workers that are shown one by one; of more, only how many of them are busy is."""

_MOMENTS = 400


def work(machines: Machines | None) -> Iterator[Drawing]:
    """Draw when workers were busy, worker by worker where they are few."""
    if machines is None or machines.end <= machines.begin:
        return
    lanes = machines.lanes
    unit_s, unit = _unit(machines.end - machines.begin)
    one_by_one = len(lanes) <= LANES_SHOWN

    def draw(figure: Figure) -> None:
        if one_by_one:
            axes = [figure.subplots()]
            _draw_lanes(axes[0], machines, unit_s)
        else:
            axes = list(figure.subplots(len(_topics(lanes)), sharex=True, squeeze=False)[:, 0])
            for each, topic in zip(axes, _topics(lanes), strict=True):
                _draw_busy(each, machines, topic, unit_s)
        axes[-1].set_xlabel(f"time since the first order / {unit}")
        axes[-1].set_xlim(0, (machines.end - machines.begin) / unit_s)
        legend_above(figure, axes)

    shares = (
        f"{topic}: {counted(len(machines.of(topic)), 'worker')}, {share:.0%} busy"
        for topic in TOPICS
        if (share := machines.busy_share(topic)) is not None
    )
    height = 1.4 + (0.26 * len(lanes) if one_by_one else 1.7 * len(_topics(lanes)))
    yield Drawing(
        name="workers",
        title="Workers, busy and idle",
        told=f"{'; '.join(shares)}, each from its first task on.",
        draw=draw,
        size=(8.0, height),
    )


def _topics(lanes: Sequence[Lane]) -> list[str]:
    return [topic for topic in TOPICS if any(lane.topic == topic for lane in lanes)]


def _unit(length_s: float) -> tuple[float, str]:
    for unit_s, name in ((86_400.0, "days"), (3_600.0, "h"), (60.0, "min")):
        if length_s > 2.5 * unit_s:
            return unit_s, name
    return 1.0, "s"


def _draw_lanes(axes: Axes, machines: Machines, unit_s: float) -> None:
    least_s = (machines.end - machines.begin) / 1_000
    length = (machines.end - machines.begin) / unit_s
    for row, lane in enumerate(machines.lanes):
        from_first = (lane.spans[0][0] - machines.begin) / unit_s
        axes.broken_barh([(from_first, length - from_first)], (row - 0.36, 0.72), color=FAINT)
        bars = [
            ((begin - machines.begin) / unit_s, (end - begin) / unit_s)
            for begin, end in _joined(lane.spans, least_s)
        ]
        axes.broken_barh(
            bars, (row - 0.36, 0.72), color=TOPIC_COLOURS[lane.topic], label=lane.topic, linewidth=0
        )
    axes.set_yticks(range(len(machines.lanes)), [_short(lane) for lane in machines.lanes])
    axes.set_ylim(len(machines.lanes) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def _short(lane: Lane) -> str:
    name = one_line(lane.worker)
    return name if len(name) <= 28 else f"...{name[-25:]}"


def _joined(spans: Sequence[Span], least_s: float) -> Iterator[Span]:
    """Join what nobody could tell apart in the figure."""
    begin, end = spans[0]
    for following, until in spans[1:]:
        if following - end > least_s:
            yield begin, end
            begin, end = following, until
        else:
            end = max(end, until)
    yield begin, end


def _draw_busy(axes: Axes, machines: Machines, topic: str, unit_s: float) -> None:
    lanes = [lane for lane in machines.lanes if lane.topic == topic]
    moments = np.linspace(machines.begin, machines.end, _MOMENTS)
    begins, ends = (
        np.sort([span[side] for lane in lanes for span in lane.spans]) for side in (0, 1)
    )
    busy = np.searchsorted(begins, moments, "right") - np.searchsorted(ends, moments, "right")
    axes.fill_between(
        *((moments - machines.begin) / unit_s, busy),
        step="post",
        color=TOPIC_COLOURS[topic],
        alpha=0.7,
        linewidth=0,
        label=topic,
    )
    axes.axhline(len(lanes), color="#8b93a0", linestyle=":", linewidth=1.0)
    axes.set_ylabel("busy workers")
    axes.set_ylim(0, 1.12 * len(lanes))
    whole_numbers(axes, y=True)
