"""What a person following a campaign wants to know, at one moment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from molsteer.shared.wire.properties import Objective, Quantity
from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import leading, outputs
from molsteer.steering.records.figures import bests
from molsteer.steering.records.figures.advantage import Advantage
from molsteer.steering.records.figures.errors import mean_errors
from molsteer.steering.records.figures.pace import read_pace
from molsteer.steering.records.figures.reached import Reached, reached


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a campaign in a few numbers.

    Attributes:
        done: Successful simulations, at all levels.
        budget: Successful simulations wanted, at all levels.
        levels: The same level by level, the first one first.
        activity: What the models are doing, in words.
        in_flight: Simulations published and not settled.
        given_up: Molecules whose simulation failed for good.
        property: What molecules are called the best by, the property of the leading objective.
        hits: Molecules that are hits by it, None if it has no threshold.
        best: Its best value so far, None before the first.
        best_smiles: Its molecule.
        best_own: What the molecules file says of it beside the SMILES, by heading.
        generation: Number of the newest update that trained a model, 0 before the first.
        validation_mae: Held-out error of its models, None before the first.
        rate_per_min: Simulations settled per minute, over the last half of this session of steering
            and at least the last 30; None before there are 10.
        left_s: Estimated time to the end, by what the last half of this session foresaw; None
            before there is a rate.
        against_chance: By how much models choose better than chance by the leading objective; None
            where that cannot be told, and while it is not asked for: it looks at every label.
    """

    done: int
    budget: int
    levels: Sequence[Reached]
    activity: str
    in_flight: int
    given_up: int
    property: str | None
    hits: int | None
    best: Quantity | None
    best_smiles: str | None
    best_own: Mapping[str, str]
    generation: int
    validation_mae: Quantity | None
    rate_per_min: float | None
    left_s: float | None
    against_chance: Advantage | None = None


def measure(
    ledger: Ledger,
    *,
    budget: int | None = None,
    done: Sequence[int] | None = None,
    activity: str,
    now: float,
) -> Progress:
    """Read a campaign's progress from its ledger.

    Args:
        ledger: The campaign's.
        budget: Successful simulations wanted at the first level; as the ledger says if not given.
        done: Successful simulations at each level; counted in the ledger if not given.
        activity: What the models are doing, in words.
        now: Seconds of the Unix epoch.
    """
    levels = reached(ledger, budget, done)
    simulated = sum(each.done for each in levels)
    wanted = sum(each.budget for each in levels) or budget or 0
    objective, pace = leading(ledger), read_pace(ledger)
    rate_per_s = pace.rate_per_s(now)
    best = bests.best(ledger, objective)
    generation, validation_mae = _newest_models(ledger, objective)
    return Progress(
        done=simulated,
        budget=wanted,
        levels=levels,
        activity=activity,
        in_flight=_in_flight(ledger),
        given_up=_given_up(ledger),
        property=objective.output.name if objective else None,
        hits=bests.hits(ledger, objective),
        best=best.value if best else None,
        best_smiles=best.smiles if best else None,
        best_own=own_columns.of(ledger, best.molecule) if best else {},
        generation=generation,
        validation_mae=validation_mae,
        rate_per_min=60.0 * rate_per_s if rate_per_s else None,
        left_s=pace.left_s(wanted - simulated, now),
    )


def _in_flight(ledger: Ledger) -> int:
    (count,) = ledger.connection.execute(
        "SELECT count(*) FROM task WHERE topic = 'simulate' AND state = 'dispatched'"
    ).fetchone()
    return int(count)


def _given_up(ledger: Ledger) -> int:
    (count,) = ledger.connection.execute(
        # The sign has SQLite look at what failed alone: nearly everything is settled.
        "SELECT count(DISTINCT failed.molecule) FROM"
        " (SELECT json_extract(command, '$.molecule') AS molecule,"
        " json_extract(command, '$.level') AS level FROM task WHERE topic = 'simulate'"
        " AND status IN ('error', 'timeout', 'poison', 'cancelled') AND +state = 'settled')"
        " AS failed LEFT JOIN result USING (molecule, level) WHERE result.number IS NULL"
    ).fetchone()
    return int(count)


def _newest_models(ledger: Ledger, objective: Objective | None) -> tuple[int, Quantity | None]:
    """Give the number of the last update that trained a model, and its error by an objective."""
    rows = ledger.connection.execute(
        "SELECT generation, validation_mae FROM model"
        " WHERE generation = (SELECT max(generation) FROM model)"
    ).fetchall()
    if not rows:
        return 0, None
    errors = mean_errors(outputs(ledger), [json.loads(row["validation_mae"]) for row in rows])
    return rows[0]["generation"], errors.get(objective.output.key) if objective else None
