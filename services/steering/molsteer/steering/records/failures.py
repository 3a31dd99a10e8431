"""What failed of a campaign, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass

from molsteer.steering.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Failure:
    """One kind of failure.

    Attributes:
        code: Its name.
        count: How many tasks failed in this way.
        message: What the last of them said.
    """

    code: str
    count: int
    message: str


def failures(ledger: Ledger) -> list[Failure]:
    """Count what failed, the most common kind first; cancelled tasks are none."""
    # With max(), SQLite takes the other columns from the row that has it.
    rows = ledger.connection.execute(
        "SELECT json_extract(error, '$.code') AS code, count(*), json_extract(error, '$.message'),"
        " max(settled_at) FROM task WHERE error IS NOT NULL"
        # With topics and statuses the index finds them, however many tasks succeeded.
        " AND topic IN ('simulate', 'train', 'infer') AND status IN ('error', 'timeout', 'poison')"
        " GROUP BY code ORDER BY count(*) DESC, code"
    )
    return [Failure(code, count, message) for code, count, message, _ in rows]
