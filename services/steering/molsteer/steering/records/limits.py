"""Which molecules break a limit, read from the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from molsteer.shared.wire.properties import Limit, Output
from molsteer.shared.wording import counted
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import limits, outputs
from molsteer.steering.records.hits import Valued
from molsteer.steering.settings.limits import told as told_of_limit


def breaking(ledger: Ledger) -> frozenset[int]:
    """Give the numbers of the molecules with results that do not keep all limits.

    The label of a property at the level of its limit decides. Without one, what was predicted when
    the molecule was chosen does. A molecule of which neither tells does not keep the limit.
    """
    learned = outputs(ledger)
    return frozenset(
        molecule for limit in limits(ledger) for molecule in _breaking(ledger, limit, learned)
    )


def _breaking(ledger: Ledger, limit: Limit, learned: Sequence[Output]) -> Iterator[int]:
    output, (lowest, highest) = limit.output, limit.ends
    at = {"level": output.level, "name": output.name, "lowest": lowest, "highest": highest}
    for (molecule,) in ledger.connection.execute(
        "SELECT molecule FROM label WHERE level = :level AND property = :name"
        " AND (value <= :lowest OR value >= :highest)",
        at,
    ):
        yield molecule
    place = learned.index(output) if output in learned else None
    for molecule, means, spreads in ledger.connection.execute(
        "SELECT DISTINCT molecule, means, spreads FROM result LEFT JOIN choice USING (molecule)"
        " WHERE NOT EXISTS (SELECT 1 FROM label WHERE label.molecule = result.molecule"
        " AND label.level = :level AND property = :name)",
        at,
    ):
        # Of a property without any label, models say the same of each molecule, without a spread.
        told = means is not None and place is not None and json.loads(spreads)[place] > 0.0
        if not told or not limit.keeps(json.loads(means)[place]):
            yield molecule


def told(limits: Sequence[Limit], found: Sequence[bool] = ()) -> str:
    """Say what molecules have to keep to, and how many do; nothing without a limit.

    Args:
        limits: All of the campaign.
        found: Whether each molecule keeps them.
    """
    if not limits:
        return ""
    listed = " and ".join(
        f"{each.output.name.replace('_', ' ')} {told_of_limit(each)}" for each in limits
    )
    kept = f" ({sum(found)} of {counted(len(found), 'molecule')} do)" if found else ""
    return f"Limits that hits keep: {listed}{kept}."


def read_told(ledger: Ledger) -> str:
    """Say the same of the campaign as it is."""
    wanted = limits(ledger)
    if not wanted:
        return ""
    broken = breaking(ledger)
    rows = ledger.connection.execute("SELECT DISTINCT molecule FROM result")
    return told(wanted, [molecule not in broken for (molecule,) in rows])


def read_valued(ledger: Ledger, output: Output) -> list[Valued]:
    """Read what is known of an output and of limits, in the order in which it was found."""
    rows = ledger.connection.execute(
        # With the signs SQLite reads the table once; by an index it would look up each label.
        "SELECT molecule, value FROM label WHERE +level = ? AND +property = ? ORDER BY +number",
        (output.level, output.name),
    )
    return list(_valued(ledger, rows))


def read_before_models(ledger: Ledger, output: Output) -> list[Valued]:
    """Read the same of the molecules that were chosen before there was a model."""
    rows = ledger.connection.execute(
        # From result to label by the key of each: there are few such results.
        "SELECT molecule, value FROM result CROSS JOIN label USING (molecule, level)"
        " WHERE level = ? AND property = ? AND generation = 0 ORDER BY label.number",
        (output.level, output.name),
    )
    return list(_valued(ledger, rows))


def _valued(ledger: Ledger, rows: Iterable[tuple[int, float]]) -> Iterator[Valued]:
    broken = breaking(ledger)
    return (Valued(value, molecule not in broken) for molecule, value in rows)
