"""What moved through the blob stores, as the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from molsteer.steering.records.moved import StoreUse
from molsteer.steering.report.table import number

HEADINGS = (
    *("topic", "side", "store", "operation", "site", "blobs", "data / MB"),
    *("time / s", "each / ms", "of the tasks' time"),
)


def rows(uses: Sequence[StoreUse]) -> Iterator[tuple[str, ...]]:
    """Write what moved, a row for each way."""
    for use in uses:
        yield (
            *(use.topic, use.side, use.store, use.operation, use.site or "-"),
            *(f"{use.count:,}", f"{use.size_bytes / 1e6:.3f}"),
            *(number(use.duration_s), number(1e3 * use.duration_s / use.count)),
            "-" if use.share is None else f"{use.share:.1%}",
        )
