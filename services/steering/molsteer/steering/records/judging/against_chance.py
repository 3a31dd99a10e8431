"""What models chose beside what chance chose, read from the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from molsteer.shared.wire.properties import Objective
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import levels, objectives
from molsteer.steering.records.figures.advantage import Advantage, advantage


def advantages(ledger: Ledger) -> Iterator[Advantage]:
    """Compare models with chance by each objective at the first level, where both have chosen.

    Chance chose the controls, and the first molecules unless they were spread over clusters.
    Molecules of the levels above are the best of those below, whoever chose them.
    """
    first = next((level.name for level in levels(ledger)), None)
    for objective in objectives(ledger):
        if objective.output.level == first and (found := _of(ledger, objective)):
            yield found


def _of(ledger: Ledger, objective: Objective) -> Advantage | None:
    identity = ledger.fact("identity")
    known = identity if isinstance(identity, dict) else {}
    at_random = known.get("policy.starter", "random") == "random"
    rows = ledger.connection.execute(
        "SELECT value, result.generation > 0 AS by_model, coalesce(by_chance, ?) AS drawn"
        " FROM label JOIN result USING (number)"
        " LEFT JOIN choice ON choice.molecule = result.molecule"
        " WHERE label.level = ? AND property = ?",
        (at_random, objective.output.level, objective.output.name),
    ).fetchall()
    chosen = [value for value, by_model, _ in rows if by_model]
    drawn = [value for value, by_model, by_chance in rows if by_chance and not by_model]
    return advantage(chosen, drawn, objective)
