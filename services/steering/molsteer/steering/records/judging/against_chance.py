"""What models chose beside what chance chose, read from the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from molsteer.shared.wire.properties import Objective
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import levels, objectives
from molsteer.steering.records.figures.advantage import Advantage, advantage
from molsteer.steering.records.hits import Valued
from molsteer.steering.records.limits import breaking


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
        "SELECT value, result.generation > 0 AS by_model, coalesce(by_chance, ?) AS drawn,"
        " label.molecule"
        " FROM label JOIN result USING (number)"
        " LEFT JOIN choice ON choice.molecule = result.molecule"
        " WHERE label.level = ? AND property = ?",
        (at_random, objective.output.level, objective.output.name),
    ).fetchall()
    broken = breaking(ledger)
    chosen, drawn = list[Valued](), list[Valued]()
    for value, by_model, by_chance, molecule in rows:
        if by_model or by_chance:
            (chosen if by_model else drawn).append(Valued(value, molecule not in broken))
    return advantage(chosen, drawn, objective)
