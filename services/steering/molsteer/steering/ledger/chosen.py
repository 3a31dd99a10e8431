"""Molecules that were chosen already, which is to say for the first level."""

from __future__ import annotations

from molsteer.steering.ledger.ledger import Ledger


def count(ledger: Ledger, molecules: range, level: str) -> int:
    """Count the molecules of a range that cannot be chosen again, each failed try as one.

    Args:
        ledger: The campaign's.
        molecules: Their numbers.
        level: The first level; what was simulated at it may climb to others and counts once.
    """
    (count,) = ledger.connection.execute(
        # Sought by each status but `ok`, because most simulations have succeeded.
        "WITH unsuccessful (status) AS"
        " (VALUES (NULL), ('error'), ('timeout'), ('poison'), ('cancelled'))"
        " SELECT (SELECT count(*) FROM result"
        " WHERE molecule >= ?1 AND molecule < ?2 AND level = ?3)"
        " + (SELECT count(*) FROM known_label WHERE molecule >= ?1 AND molecule < ?2)"
        " + (SELECT count(*) FROM unsuccessful CROSS JOIN task"
        " ON task.topic = 'simulate' AND task.status IS unsuccessful.status"
        " WHERE json_extract(command, '$.molecule') >= ?1"
        " AND json_extract(command, '$.molecule') < ?2"
        " AND json_extract(command, '$.level') = ?3)",
        (molecules.start, molecules.stop, level),
    ).fetchone()
    return int(count)
