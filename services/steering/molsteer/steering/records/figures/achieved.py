"""What a campaign has achieved by each objective, and how good its newest models are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from molsteer.shared.wire.properties import Objective, Output
from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import objectives, outputs
from molsteer.steering.records.figures.bests import best, hits
from molsteer.steering.records.figures.errors import mean_errors
from molsteer.steering.records.figures.groups import group
from molsteer.steering.records.limits import read_before_models


@dataclass(frozen=True, slots=True)
class Achieved:
    """What was found for one objective.

    Attributes:
        objective: What is wanted.
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
        errors: Their mean absolute error on held-out molecules, for outputs where it is known.
    """

    generation: int
    labels: int
    trained_at: float
    errors: Mapping[Output, float]


def achieved(ledger: Ledger) -> Iterator[Achieved]:
    """Tell what was found for each objective, the leading one first."""
    for objective in objectives(ledger):
        found = best(ledger, objective)
        value = None if found is None else found.value.value
        yield Achieved(objective, value, hits(ledger, objective), _expected(ledger, objective))


def newest_model(ledger: Ledger) -> NewestModel | None:
    """Describe the models of the newest update that trained any."""
    rows = ledger.connection.execute(
        "SELECT generation, labels, validation_mae, settled_at FROM model JOIN task USING (task_id)"
        " WHERE generation = (SELECT max(generation) FROM model)"
    ).fetchall()
    if not rows:
        return None
    predicted = outputs(ledger)
    errors = mean_errors(predicted, [json.loads(row["validation_mae"]) for row in rows])
    known = {output: errors[output.key].value for output in predicted if output.key in errors}
    trained_at = max(float(row["settled_at"]) for row in rows)
    return NewestModel(rows[0]["generation"], rows[0]["labels"], trained_at, known)


def oldest_dispatched(ledger: Ledger) -> dict[Topic, float]:
    """Tell when the oldest of the tasks that are awaited was published, topic by topic."""
    rows = ledger.connection.execute(
        "SELECT topic, min(dispatched_at) FROM task WHERE state = 'dispatched' GROUP BY topic"
    )
    return dict(rows.fetchall())


def _expected(ledger: Ledger, objective: Objective) -> float | None:
    drawn = group(read_before_models(ledger, objective.output), objective)
    if drawn.hits is None or not drawn.count:
        return None
    (count,) = ledger.connection.execute(
        "SELECT count(*) FROM label WHERE level = ? AND property = ?",
        (objective.output.level, objective.output.name),
    ).fetchone()
    return float(count * drawn.hits / drawn.count)
