"""Questions about the values of an objective that the index of the labels answers fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest

from molsteer.shared.wire.properties import Objective, Quantity
from molsteer.steering.ledger.ledger import Ledger

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
    """Find the best molecule, the first one found among equals; None before there is one."""
    if objective is None:
        return None
    found = [
        row
        for condition, order in _ends(objective)
        for row in ledger.connection.execute(
            "SELECT number, molecule, value, (SELECT smiles FROM result"  # noqa: S608 - all ours
            f" WHERE result.number = label.number) AS smiles {_LABELS} AND {condition}"
            f" ORDER BY value {order}, number LIMIT 1",
            _parameters(objective),
        )
    ]
    if not found:
        return None
    row = max(found, key=lambda row: (objective.merit(row["value"]), -row["number"]))
    value = Quantity(value=row["value"], unit=objective.output.unit)
    return Best(row["number"], row["molecule"], row["smiles"], value)


def best_of(ledger: Ledger, objective: Objective | None, count: int) -> list[str]:
    """List the SMILES of so many molecules that are the best by an objective, the best first."""
    if objective is None:
        return []
    rows = ledger.connection.execute(
        "SELECT value, -number AS late, smiles FROM label JOIN result USING (number)"
        " WHERE label.level = :level AND property = :name",
        _parameters(objective),
    )
    merits = ((objective.merit(row["value"]), row["late"], row["smiles"]) for row in rows)
    return [smiles for _, _, smiles in nlargest(count, merits)]


def hits(ledger: Ledger, objective: Objective | None) -> int | None:
    """Count the hits; None without an objective that has a threshold."""
    if objective is None or objective.hit is None:
        return None
    match objective.goal:
        case "maximise":
            condition = "value > :hit"
        case "minimise":
            condition = "value < :hit"
        case "reach":
            condition = "abs(value - :target) <= abs(:hit)"
    (count,) = ledger.connection.execute(
        f"SELECT count(*) {_LABELS} AND {condition}",
        {**_parameters(objective), "hit": objective.hit},
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
