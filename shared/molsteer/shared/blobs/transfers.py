"""What moved between a process and its blob stores: how often, how much, for how long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from molsteer.shared.wire.blob import Operation, StoreName, Transfer


class TransferLog:
    """Adds up what moves, until somebody takes the sums.

    ProxyStore's own metrics are not used: some of their milliseconds are nanoseconds, and they
    keep an entry for every blob that ever was.
    """

    def __init__(self) -> None:
        self._sums: dict[tuple[StoreName, Operation], Transfer] = {}

    @contextmanager
    def timing(self, store: StoreName, operation: Operation, size_bytes: int) -> Iterator[None]:
        """Count what is moved inside the block, unless that fails."""
        begun_at = time.perf_counter()
        yield
        self.add(store, operation, size_bytes, time.perf_counter() - begun_at)

    def add(
        self, store: StoreName, operation: Operation, size_bytes: int, duration_s: float
    ) -> None:
        """Count what has moved."""
        key, earlier = (store, operation), self._sums.get((store, operation))
        self._sums[key] = Transfer(
            store=store,
            operation=operation,
            count=1 + (earlier.count if earlier else 0),
            size_bytes=size_bytes + (earlier.size_bytes if earlier else 0),
            duration_s=duration_s + (earlier.duration_s if earlier else 0.0),
        )

    def take(self) -> tuple[Transfer, ...]:
        """Give the sums, and begin anew."""
        taken = tuple(self._sums.values())
        self._sums.clear()
        return taken
