"""Where the time of a campaign went, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from molsteer.steering.records.durations import LONGEST_IDLE_S, Distribution
from molsteer.steering.records.latency import Latencies, TopicLatency
from molsteer.steering.records.moved import StoreUse
from molsteer.steering.records.tables.task_columns import INTERVALS
from molsteer.steering.report import moved
from molsteer.steering.report.table import number, table

_FIGURES = ("count", "median / s", "mean / s", "95 % below / s")


def render_latencies(latencies: Latencies, name: str) -> str:
    """Write the latencies of a campaign."""
    return "\n".join(
        [
            f"# Latencies of campaign {name}\n",
            f"Measured over {latencies.elapsed_s / 60:.1f} minutes, from the first order to the "
            f"last result.\n",
            "## Tasks that succeeded\n",
            table(
                ("topic", "interval", "from", "to", *_FIGURES),
                [row for topic in latencies.topics for row in _intervals(topic)],
            ),
            "## Steering and simulators\n",
            table(("what", "from", "to", *_FIGURES), list(_between_tasks(latencies))),
            "## Slots and data\n",
            table(
                (
                    "topic",
                    "tasks",
                    "busy / s",
                    "slots / s",
                    "utilisation",
                    "sent / MB",
                    "back / MB",
                ),
                [_use(topic) for topic in latencies.topics],
            ),
            *_stores(latencies.stores),
        ]
    )


def _intervals(latency: TopicLatency) -> Iterator[tuple[object, ...]]:
    for interval, (begin, end) in INTERVALS.items():
        moments = (begin.removesuffix("_at"), end.removesuffix("_at"))
        yield latency.topic, interval, *moments, *_figures(latency.intervals[interval])


def _between_tasks(latencies: Latencies) -> Iterator[tuple[object, ...]]:
    yield (
        "decision",
        "simulation settled",
        "next simulation dispatched",
        *_figures(latencies.decision),
    )
    yield "update", "training dispatched", "last chunk settled", *_figures(latencies.update)
    yield (
        f"idle simulator, below {LONGEST_IDLE_S:g} s",
        "simulation reported",
        "next one started",
        *_figures(latencies.simulator_idle),
    )


def _figures(found: Distribution | None) -> tuple[object, ...]:
    if found is None:
        return 0, "-", "-", "-"
    return found.count, number(found.median_s), number(found.mean_s), number(found.p95_s)


def _use(latency: TopicLatency) -> tuple[object, ...]:
    return (
        latency.topic,
        latency.tasks,
        f"{latency.busy_s:.1f}",
        f"{latency.slot_time_s:.1f}",
        "-" if latency.utilisation is None else f"{latency.utilisation:.0%}",
        f"{latency.sent_bytes / 1e6:.3f}",
        f"{latency.received_bytes / 1e6:.3f}",
    )


def _stores(uses: Sequence[StoreUse]) -> Iterator[str]:
    if not uses:
        return
    yield "## Stores\n"
    yield table(moved.HEADINGS, moved.rows(uses))
