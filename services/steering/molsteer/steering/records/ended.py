"""Tasks as they end, in the order in which steering heard of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.ledger import Ledger

AT_ONCE = 2_000
"""Tasks that are read at a time; a long campaign is read bit by bit."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Data that moved for a task in one way."""

    side: str
    store: str
    operation: str
    size_bytes: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A task that was settled; times are seconds of the Unix epoch.

    Attributes:
        seq: Number of the event by which the policy heard of it.
        level: Level of theory, for simulations.
        reason: Code of its failure, None if it succeeded.
    """

    seq: int
    topic: Topic
    level: str | None
    status: str
    reason: str | None
    publishes: int
    starts: int
    dispatched_at: float | None
    started_at: float | None
    ended_at: float | None
    reported_at: float | None
    settled_at: float
    cpu_s: float
    moved: tuple[Moved, ...]


def ended_since(ledger: Ledger, seq: int) -> tuple[list[Ended], int]:
    """Read tasks that ended after an event, in order.

    Returns:
        The tasks, and the number of the last event that was looked at; where it is the given one,
        there is nothing more.
    """
    one = ledger.connection.execute
    (last,) = one("SELECT coalesce(max(seq), 0) FROM event").fetchone()
    until = min(last, seq + AT_ONCE)
    return list(_ended(ledger, seq, until)), until


def _ended(ledger: Ledger, after: int, until: int) -> Iterator[Ended]:
    rows = ledger.connection.execute(
        "SELECT event.seq, topic, json_extract(command, '$.level') AS level, status,"
        " json_extract(error, '$.code') AS reason, publishes, starts, dispatched_at, started_at,"
        " ended_at, reported_at, settled_at, coalesce(cpu_s, 0) AS cpu_s, side, store, operation,"
        " size_bytes, duration_s"
        " FROM event JOIN task ON task.task_id = json_extract(event.body, '$.task_id')"
        " LEFT JOIN transfer USING (task_id)"
        " WHERE event.seq > ? AND event.seq <= ? AND settled_at IS NOT NULL ORDER BY event.seq",
        (after, until),
    )
    for _, same in groupby(rows, key=lambda row: int(row["seq"])):
        parts = list(same)
        first = parts[0]
        moved = tuple(Moved(*part[13:]) for part in parts if part["store"] is not None)
        known: dict[str, Any] = dict(zip(first.keys()[:13], first, strict=False))
        yield Ended(**known, moved=moved)
