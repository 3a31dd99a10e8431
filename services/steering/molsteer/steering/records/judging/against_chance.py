"""What models chose beside what chance chose, read from the ledger.

Models choose nearly all molecules of a long campaign. So the others are read, and what models chose
follows from these and from the index of all labels.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from molsteer.shared.wire.properties import Objective
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import levels, objectives
from molsteer.steering.records.figures import bests
from molsteer.steering.records.figures.advantage import Advantage, Picks, compared, picks
from molsteer.steering.records.hits import Valued, count_hits
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
    if not _models_chose(ledger, objective):
        return None
    others = _not_by_models(ledger, objective)
    drawn = [found for found, by_chance in others if by_chance]
    found = [found for found, _ in others]
    if not drawn or (count := bests.count(ledger, objective) - len(others)) < 1:
        return None
    hits = (bests.hits(ledger, objective) or 0) - (count_hits(objective, found) or 0)
    values = [each.value for each in found]
    chosen = Picks(count, hits, _median(ledger, objective, count, values))
    return compared(chosen, picks(drawn, objective), objective)


def _models_chose(ledger: Ledger, objective: Objective) -> bool:
    (any_did,) = ledger.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM result WHERE level = ? AND generation > 0)",
        (objective.output.level,),
    ).fetchone()
    return bool(any_did)


def _not_by_models(ledger: Ledger, objective: Objective) -> Sequence[tuple[Valued, bool]]:
    """Give what is known of molecules that no model chose, and whether chance chose them."""
    identity = ledger.fact("identity")
    known = identity if isinstance(identity, dict) else {}
    at_random = known.get("policy.starter", "random") == "random"
    rows = ledger.connection.execute(
        # From result to label by the key of each: there are few such results.
        "SELECT molecule, value, coalesce(by_chance, ?) FROM result CROSS JOIN label"
        " USING (molecule, level) LEFT JOIN choice USING (molecule)"
        " WHERE result.generation = 0 AND level = ? AND property = ?",
        (at_random, objective.output.level, objective.output.name),
    )
    broken = breaking(ledger)
    return [
        (Valued(value, molecule not in broken), bool(by_chance))
        for molecule, value, by_chance in rows
    ]


def _median(ledger: Ledger, objective: Objective, count: int, others: Sequence[float]) -> float:
    """Find the median merit of so many molecules among all, of which the others are left out."""
    left_out = sorted(map(objective.merit, others))
    places = (count - 1) // 2, count // 2
    # That of a molecule among all is at most so much further back.
    values = bests.in_order(ledger, objective, places[0], len(left_out) + 2)
    merits = [objective.merit(value) for value in values]

    def merit_at(place: int) -> float:
        within = place
        while True:
            merit = merits[within - places[0]]
            before = bisect_right(left_out, merit)
            if within == place + before:
                return merit
            within = place + before

    return sum(map(merit_at, places)) / 2
