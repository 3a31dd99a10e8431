"""What users' own columns say of the molecules that were simulated, so that reports need no space.

They are facts, which older ledgers are without.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from molsteer.steering.ledger.ledger import Ledger

_HEADINGS = "own_columns"


def keep(
    ledger: Ledger, molecule: int, headings_there: Sequence[str], cells: Mapping[str, str]
) -> None:
    """Note what stands in the columns of a molecule; inside a transaction.

    Args:
        ledger: The campaign's.
        molecule: Its number in the search space.
        headings_there: All headings of the space, which may have been built again with others.
        cells: What is not empty, by heading.
    """
    if not (headings_there or cells):
        return
    known = headings(ledger)
    fresh = [heading for heading in headings_there if heading not in known]
    if fresh:
        known = (*known, *fresh)
        ledger.set_fact(_HEADINGS, known)
    if cells:
        ledger.set_fact(f"{_HEADINGS}/{molecule}", [cells.get(heading) for heading in known])


def headings(ledger: Ledger) -> tuple[str, ...]:
    """Give the headings of all columns that any simulated molecule has a cell in."""
    known = ledger.fact(_HEADINGS)
    return tuple(map(str, known)) if isinstance(known, list) else ()


def joined(molecule: str) -> str:
    """Give the SQL that joins what is known of a molecule, an SQL expression, as `own.value`."""
    return f"LEFT JOIN fact AS own ON own.name = '{_HEADINGS}/' || {molecule}"


def cell(place: int) -> str:
    """Give the SQL expression of one cell, by the place of its heading."""
    return f"json_extract(own.value, '$[{place}]')"


def of(ledger: Ledger, molecule: int) -> Mapping[str, str]:
    """Give the cells of a molecule, by heading; empty ones are left out."""
    return _named(headings(ledger), ledger.fact(f"{_HEADINGS}/{molecule}"))


def of_all(ledger: Ledger) -> Mapping[int, Mapping[str, str]]:
    """Give the cells of all molecules that have any, as `of` does."""
    rows = ledger.connection.execute(
        "SELECT name, value FROM fact WHERE name GLOB ?", (f"{_HEADINGS}/*",)
    )
    known = headings(ledger)
    return {int(name.partition("/")[2]): _named(known, json.loads(cells)) for name, cells in rows}


def _named(headings: Sequence[str], cells: object) -> Mapping[str, str]:
    named = zip(headings, cells if isinstance(cells, list) else (), strict=False)
    return {heading: cell for heading, cell in named if cell}
