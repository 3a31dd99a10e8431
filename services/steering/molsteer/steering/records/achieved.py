"""What a campaign has achieved by each objective, and how good its newest models are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from molsteer.shared.wire.properties import Objective, Output
from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import objectives, outputs


@dataclass(frozen=True, slots=True)
class Achieved:
    """What was found for one objective.

    Attributes:
        best: The best value so far in the objective's unit, None before the first.
        hits: Molecules that pass its threshold, None if it has none.
        expected_hits: How many as many simulations would have found at random, by those that were
            drawn before there was a model; None if it has no threshold or nothing was drawn.
    """

    objective: Objective
    best: float | None
    hits: int | None
    expected_hits: float | None


@dataclass(frozen=True, slots=True)
class NewestModel:
    """The members that were trained last.

    Attributes:
        labels: How many results they learned from.
        trained_at: When the last of them was settled, in seconds of the Unix epoch.
        errors: Their mean absolute error on held-out molecules for each output, None if unknown.
    """

    generation: int
    labels: int
    trained_at: float
    errors: Sequence[tuple[Output, float | None]]


def achieved(ledger: Ledger) -> list[Achieved]:
    """Tell what was found for each objective, the leading one first."""
    return [_achieved(ledger, objective) for objective in objectives(ledger)]


def newest_model(ledger: Ledger) -> NewestModel | None:
    """Describe the models of the newest update that trained any."""
    rows = ledger.connection.execute(
        "SELECT generation, labels, validation_mae, settled_at FROM model JOIN task USING (task_id)"
        " WHERE generation = (SELECT max(generation) FROM model)"
    ).fetchall()
    if not rows:
        return None
    by_group = [json.loads(row["validation_mae"]) for row in rows]
    errors = [
        (output, _mean([errors[place] for errors in by_group if errors[place] is not None]))
        for place, output in enumerate(outputs(ledger))
    ]
    trained_at = max(float(row["settled_at"]) for row in rows)
    return NewestModel(rows[0]["generation"], rows[0]["labels"], trained_at, errors)


def oldest_dispatched(ledger: Ledger) -> dict[Topic, float]:
    """Tell when the oldest of the tasks that are awaited was published, topic by topic."""
    rows = ledger.connection.execute(
        "SELECT topic, min(dispatched_at) FROM task WHERE state = 'dispatched' GROUP BY topic"
    )
    return dict(rows.fetchall())


def _achieved(ledger: Ledger, objective: Objective) -> Achieved:
    one, output = ledger.connection.execute, objective.output
    at = (output.level, output.name)
    of_it = "FROM label WHERE level = ? AND property = ?"
    # Larger is better, by the index of values where it is not a distance.
    order, target = _ORDERS[objective.goal], (objective.target or 0.0,)
    by = (*at, *(target if objective.goal == "reach" else ()))
    row = one(f"SELECT value {of_it} ORDER BY {order} LIMIT 1", by).fetchone()
    best = None if row is None else float(row[0])
    if objective.hit is None:
        return Achieved(objective, best, None, None)
    lowest, highest = objective.hit_range
    passed = "value > ? AND value < ?" if objective.goal != "reach" else "value BETWEEN ? AND ?"
    hits, count = one(
        f"SELECT coalesce(sum({passed}), 0), count(*) {of_it}",
        (lowest, highest, *at),
    ).fetchone()
    drawn_hits, drawn = one(
        f"SELECT coalesce(sum({passed}), 0), count(*) FROM label JOIN result USING (number)"  # noqa: S608
        " WHERE label.level = ? AND property = ? AND generation = 0",
        (lowest, highest, *at),
    ).fetchone()
    return Achieved(objective, best, hits, count * drawn_hits / drawn if drawn else None)


_ORDERS = {"maximise": "value DESC", "minimise": "value", "reach": "abs(value - ?)"}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
