"""What moved through the blob stores of a campaign, where, and what that cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.machines import UNNAMED


@dataclass(frozen=True, slots=True)
class StoreUse:
    """What moved in one way between one side of a topic's tasks and one store.

    Attributes:
        topic: What the tasks do.
        side: Who moved it: steering or worker.
        store: The store.
        operation: What was done: put, get, cached where it was read from nearby, or ahead for what
            of that had been fetched before a task asked for it.
        count: How many blobs that were.
        size_bytes: Their size, all together.
        duration_s: How long it took, all together.
        site: Where the worker was, `unnamed` where that has no name; None for steering.
        share: Part of the time of this topic's tasks at that site; None for steering and for what
            was fetched ahead, for which no task waited.
    """

    topic: Topic
    side: str
    store: str
    operation: str
    count: int
    size_bytes: int
    duration_s: float
    site: str | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class SiteTraffic:
    """What the workers of one site moved, all together.

    Attributes:
        site: The site.
        fetched_bytes: What they read from stores.
        near_bytes: What they read from memory, or from what is kept near.
        ahead_bytes: What of that had been fetched before a task asked for it.
        stored_bytes: What they wrote into stores.
        ahead_s: How long fetching that took, while tasks did something else.
        duration_s: How long tasks waited for all the rest.
        share: Part of the time of all tasks there.
    """

    site: str
    fetched_bytes: int
    near_bytes: int
    ahead_bytes: int
    stored_bytes: int
    ahead_s: float
    duration_s: float
    share: float


def read_moved(ledger: Ledger) -> list[StoreUse]:
    """Read what moved, topics in the order of their first tasks."""
    site, joined = _place(ledger)
    rows = ledger.connection.execute(
        "SELECT topic, side, store, operation, sum(count), sum(size_bytes), sum(duration_s),"  # noqa: S608 - all ours
        f" CASE side WHEN 'worker' THEN {site} END AS site"
        f" FROM transfer JOIN task USING (task_id) {joined}"
        " GROUP BY topic, side, store, operation, 8"
        " ORDER BY min(task.rowid), side, site, store, operation"
    )
    worked_s = _worked_s(ledger)
    uses = [StoreUse(*row) for row in rows]
    return [
        replace(use, share=_share(use.duration_s, worked_s.get((use.topic, use.site))))
        if use.site is not None and use.operation != "ahead"
        else use
        for use in uses
    ]


def traffic(ledger: Ledger) -> list[SiteTraffic]:
    """Sum up what the workers of each site moved."""
    uses = [use for use in read_moved(ledger) if use.site is not None]
    worked_s = _worked_s(ledger)
    return [
        _summed(
            site,
            [use for use in uses if use.site == site],
            sum(each_s for (_, there), each_s in worked_s.items() if there == site),
        )
        for site in sorted({use.site for use in uses if use.site is not None})
    ]


def told(traffic: Sequence[SiteTraffic]) -> Iterator[str]:
    """Say in a sentence for each site what its workers moved, and what that cost."""
    for each in traffic:
        place = "" if each.site == UNNAMED else f" at {each.site}"
        near = f", and found {_mb(each.near_bytes)} nearby" if each.near_bytes else ""
        if each.ahead_bytes:
            near += f", of it {_mb(each.ahead_bytes)} fetched ahead in {each.ahead_s:.1f} s"
        yield (
            f"Workers{place} fetched {_mb(each.fetched_bytes)} and stored "
            f"{_mb(each.stored_bytes)}{near}: {each.duration_s:.1f} s, {each.share:.1%} of the "
            f"time of their tasks."
        )


def _summed(site: str, uses: Sequence[StoreUse], worked_s: float) -> SiteTraffic:
    moved = {
        operation: sum(use.size_bytes for use in uses if use.operation == operation)
        for operation in ("get", "cached", "ahead", "put")
    }
    ahead_s = sum(use.duration_s for use in uses if use.operation == "ahead")
    duration_s = sum(use.duration_s for use in uses) - ahead_s
    return SiteTraffic(
        site,
        moved["get"],
        moved["cached"],
        moved["ahead"],
        moved["put"],
        ahead_s,
        duration_s,
        _share(duration_s, worked_s) or 0.0,
    )


def _worked_s(ledger: Ledger) -> dict[tuple[str, str], float]:
    """Give how long tasks took until they were reported, by topic and site."""
    site, joined = _place(ledger)
    rows = ledger.connection.execute(
        f"SELECT topic, {site} AS site, sum(max(reported_at - started_at, 0))"  # noqa: S608 - all ours
        f" FROM task {joined} WHERE starts > 0 GROUP BY topic, 2"
    )
    return {(topic, site): worked_s or 0.0 for topic, site, worked_s in rows}


def _share(duration_s: float, worked_s: float | None) -> float | None:
    # By two clocks, of which one may be set while a task runs.
    return min(1.0, duration_s / worked_s) if worked_s else None


def _place(ledger: Ledger) -> tuple[str, str]:
    """Give what names the site of a task, and what is joined for it; older ledgers know none."""
    if ledger.has_table("place"):
        return f"coalesce(place.site, '{UNNAMED}')", "LEFT JOIN place USING (task_id)"
    return f"'{UNNAMED}'", ""


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"
