"""Molecules that were chosen already."""

from __future__ import annotations

from molsteer.steering.ledger.ledger import Ledger


def count(ledger: Ledger, molecules: range) -> int:
    """Count the molecules of a range that cannot be chosen again, each failed try as one."""
    (count,) = ledger.connection.execute(
        # Sought by each status but `ok`, because most simulations have succeeded.
        "WITH unsuccessful (status) AS"
        " (VALUES (NULL), ('error'), ('timeout'), ('poison'), ('cancelled'))"
        " SELECT (SELECT count(*) FROM label WHERE molecule >= ?1 AND molecule < ?2)"
        " + (SELECT count(*) FROM known_label WHERE molecule >= ?1 AND molecule < ?2)"
        " + (SELECT count(*) FROM unsuccessful CROSS JOIN task"
        " ON task.topic = 'simulate' AND task.status IS unsuccessful.status"
        " WHERE json_extract(command, '$.molecule') >= ?1"
        " AND json_extract(command, '$.molecule') < ?2)",
        (molecules.start, molecules.stop),
    ).fetchone()
    return int(count)
