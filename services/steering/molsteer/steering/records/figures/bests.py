"""Questions about the values of an objective that the index of the labels answers fast."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice

from molsteer.shared.wire.properties import Objective, Quantity
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.hits import Valued, is_hit
from molsteer.steering.records.limits import breaking

_MOST_COMPARED = 10_000
"""Molecules up to which a front is found in a moment."""

_LABELS = "FROM label WHERE level = :level AND property = :name"


@dataclass(frozen=True, slots=True)
class Best:
    """The molecule that is the best by one objective.

    Attributes:
        number: Place of its result in the order of settling, from 1.
        molecule: Its number in the search space.
        smiles: The molecule.
        value: The value that makes it the best.
    """

    number: int
    molecule: int
    smiles: str
    value: Quantity


def best(ledger: Ledger, objective: Objective | None) -> Best | None:
    """Find the best molecule that keeps all limits, the first one found among equals."""
    if objective is None:
        return None
    broken, found = breaking(ledger), list[sqlite3.Row]()
    for condition, order in _ends(objective):
        rows = ledger.connection.execute(
            "SELECT number, molecule, value, (SELECT smiles FROM result"  # noqa: S608 - all ours
            f" WHERE result.number = label.number) AS smiles {_LABELS} AND {condition}"
            f" ORDER BY value {order}, number",
            _parameters(objective),
        )
        found += islice((row for row in rows if row["molecule"] not in broken), 1)
    if not found:
        return None
    row = max(found, key=lambda row: (objective.merit(row["value"]), -row["number"]))
    value = Quantity(value=row["value"], unit=objective.output.unit)
    return Best(row["number"], row["molecule"], row["smiles"], value)


def best_of(ledger: Ledger, objective: Objective | None, count: int) -> list[str]:
    """List the SMILES of so many molecules that are the best by an objective, the best first.

    Those that break a limit are left out.
    """
    if objective is None:
        return []
    rows = ledger.connection.execute(
        "SELECT value, -number AS late, smiles, label.molecule FROM label"
        " JOIN result USING (number) WHERE label.level = :level AND property = :name",
        _parameters(objective),
    )
    broken = breaking(ledger)
    merits = (
        (objective.merit(row["value"]), row["late"], row["smiles"])
        for row in rows
        if row["molecule"] not in broken
    )
    return [smiles for _, _, smiles in nlargest(count, merits)]


def hits(ledger: Ledger, objective: Objective | None) -> int | None:
    """Count the hits; None without an objective that has a threshold."""
    if objective is None or objective.hit is None:
        return None
    return sum(1 for _ in hit_molecules(ledger, objective))


def hit_molecules(ledger: Ledger, objective: Objective) -> Iterator[int]:
    """Give the numbers of all hits."""
    broken, (lowest, highest) = breaking(ledger), objective.hit_range
    rows = ledger.connection.execute(
        f"SELECT molecule, value {_LABELS} AND value BETWEEN :lowest AND :highest",
        {**_parameters(objective), "lowest": lowest, "highest": highest},
    )
    for molecule, value in rows:
        if is_hit(objective, Valued(value, molecule not in broken)):
            yield molecule


def count(ledger: Ledger, objective: Objective) -> int:
    """Count the molecules of which the objective's value is known."""
    (known,) = ledger.connection.execute(
        f"SELECT count(*) {_LABELS}", _parameters(objective)
    ).fetchone()
    return int(known)


def in_order(ledger: Ledger, objective: Objective, after: int, count: int) -> list[float]:
    """Give some of the values, the worst first.

    Args:
        ledger: The campaign's.
        objective: By which they are in order.
        after: How many of the worst are left out.
        count: How many follow, at most.
    """
    match objective.goal:
        case "maximise":
            order = "value"
        case "minimise":
            order = "value DESC"
        case "reach":
            order = "abs(value - :target) DESC"
    rows = ledger.connection.execute(
        f"SELECT value {_LABELS} ORDER BY {order} LIMIT :count OFFSET :after",
        {**_parameters(objective), "count": count, "after": after},
    )
    return [value for (value,) in rows]


def on_front(ledger: Ledger, objectives: Sequence[Objective]) -> int | None:
    """Count the molecules on the Pareto front; None for fewer than two objectives, or too many."""
    if len(objectives) < 2:
        return None
    from molsteer.steering.records.figures.pareto.front import front

    merits = [
        {
            molecule: objective.merit(value)
            for molecule, value in ledger.connection.execute(
                f"SELECT molecule, value {_LABELS} LIMIT {_MOST_COMPARED + 1}",
                _parameters(objective),
            )
        }
        for objective in objectives
    ]
    if max(map(len, merits)) > _MOST_COMPARED:
        return None
    known = set[int](merits[0]).intersection(*merits[1:]) - breaking(ledger)
    return len(front([[of_aim[molecule] for of_aim in merits] for molecule in sorted(known)]))


def better_than(ledger: Ledger, objective: Objective, value: float) -> int:
    """Count the molecules that are better by an objective than a value is."""
    match objective.goal:
        case "maximise":
            condition = "value > :value"
        case "minimise":
            condition = "value < :value"
        case "reach":
            condition = "abs(value - :target) < abs(:value - :target)"
    (count,) = ledger.connection.execute(
        f"SELECT count(*) {_LABELS} AND {condition}",
        {**_parameters(objective), "value": value},
    ).fetchone()
    return int(count)


def _ends(objective: Objective) -> Sequence[tuple[str, str]]:
    """Tell at which ends of which values the best one may be."""
    match objective.goal:
        case "maximise":
            return (("TRUE", "DESC"),)
        case "minimise":
            return (("TRUE", "ASC"),)
        case "reach":
            return (("value <= :target", "DESC"), ("value >= :target", "ASC"))


def _parameters(objective: Objective) -> dict[str, str | float]:
    return {
        "level": objective.output.level,
        "name": objective.output.name,
        "target": objective.target or 0.0,
    }
