"""When which worker did what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from molsteer.shared.wire.topics import TOPICS, Topic
from molsteer.steering.ledger.ledger import Ledger

Span = tuple[float, float]
"""From and to, in seconds of the Unix epoch."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A worker process and what it did for one topic.

    Attributes:
        topic: What it did: simulate, train or infer.
        worker: Host and process.
        tasks: How many tasks it ended.
        failed: How many of them failed.
        spans: When it was busy, in order.
    """

    topic: Topic
    worker: str
    tasks: int
    failed: int
    spans: Sequence[Span]

    @property
    def busy_s(self) -> float:
        """How long it was busy, all together."""
        return sum(end - begin for begin, end in self.spans)


@dataclass(frozen=True, slots=True)
class Machines:
    """All workers of a campaign.

    Attributes:
        begin: When the first task was ordered, in seconds of the Unix epoch.
        end: When the last one ended.
        lanes: The workers, those of simulations first, each topic's in the order of their starts.
    """

    begin: float
    end: float
    lanes: Sequence[Lane]

    def of(self, topic: Topic) -> list[Lane]:
        """Give the workers of a topic."""
        return [lane for lane in self.lanes if lane.topic == topic]

    def busy_share(self, topic: Topic) -> float | None:
        """Tell which share of its time a topic's workers were busy, each from its first task on.

        None without workers. A worker that has left counts as idle since then.
        """
        lanes = self.of(topic)
        there_s = sum(self.end - lane.spans[0][0] for lane in lanes)
        return min(1.0, sum(lane.busy_s for lane in lanes) / there_s) if there_s else None


def read_machines(ledger: Ledger) -> Machines | None:
    """Read what workers did; None before one has ended a task."""
    rows = ledger.connection.execute(
        "SELECT topic, worker, started_at, reported_at, status FROM task WHERE starts > 0"
        " AND worker IS NOT NULL AND started_at IS NOT NULL AND reported_at >= started_at"
        " ORDER BY started_at"
    ).fetchall()
    if not rows:
        return None
    begin, end = ledger.connection.execute(
        "SELECT min(created_at), max(max(coalesce(settled_at, 0), coalesce(reported_at, 0)))"
        " FROM task"
    ).fetchone()
    spans, failed = defaultdict[tuple[str, str], list[Span]](list), defaultdict[object, int](int)
    for topic, worker, started_at, reported_at, status in rows:
        spans[topic, worker].append((started_at, reported_at))
        failed[topic, worker] += status not in {"ok", "cancelled"}
    return Machines(begin, end, _lanes(spans, failed))


def _lanes(
    spans: Mapping[tuple[str, str], Sequence[Span]], failed: Mapping[object, int]
) -> Sequence[Lane]:
    return [
        Lane(topic, worker, len(busy), failed[found, worker], busy)
        for topic in TOPICS
        for (found, worker), busy in spans.items()
        if found == topic
    ]
