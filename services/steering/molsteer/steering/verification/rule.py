"""What must hold of a ledger's rows."""

from __future__ import annotations

from typing import NamedTuple

VIEWS = (
    "WITH output AS (SELECT json_extract(each.value, '$.name') AS property,"
    " json_extract(each.value, '$.level') AS level, json_extract(each.value, '$.unit') AS unit"
    " FROM fact, json_each(fact.value) AS each WHERE fact.name = 'outputs'),"
    " given AS (SELECT level, property, unit FROM label"
    " UNION SELECT level, property, unit FROM known_label"
    " UNION SELECT level, property, unit FROM output) "
)
"""What queries may read beside the tables: what models predict, and every unit that is in use."""


class Rule(NamedTuple):
    """A sentence about each row that breaks a rule, and the query that finds such rows.

    The query begins behind `VIEWS`, and may use why the campaign has ended as `:finished`.
    """

    sentence: str
    offenders: str
