"""What moved between the stores and both sides of each task."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from molsteer.shared.wire.blob import Transfer
from molsteer.steering.ledger.ledger import Ledger

Side = Literal["steering", "worker"]


def add(ledger: Ledger, task_id: str, side: Side, transfers: Iterable[Transfer]) -> None:
    """Add to what was moved for a task; inside a transaction."""
    rows = [{"task_id": task_id, "side": side} | moved.model_dump() for moved in transfers]
    if not rows:
        return
    ledger.connection.executemany(
        "INSERT INTO transfer (task_id, side, store, operation, count, size_bytes, duration_s)"
        " VALUES (:task_id, :side, :store, :operation, :count, :size_bytes, :duration_s)"
        " ON CONFLICT DO UPDATE SET count = count + excluded.count,"
        " size_bytes = size_bytes + excluded.size_bytes,"
        " duration_s = duration_s + excluded.duration_s",
        rows,
    )
