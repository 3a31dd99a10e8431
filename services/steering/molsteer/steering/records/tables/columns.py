"""What a table of run records is: its columns, what they mean, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from molsteer.steering.ledger.ledger import Ledger

Kind = Literal["text", "integer", "number", "boolean"]
Cell = str | int | float | None
Row = tuple[Cell, ...]

Each = Literal["property", "output", "heading"]
"""What there is a column for: a property that was computed, an output of the models, or a heading
of the molecules file."""

_UNITS = {"_at": "s since 1970-01-01 UTC", "_s": "s", "_bytes": "bytes"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table, or a pattern that stands for several.

    Attributes:
        kind: What its cells are, where they are not empty.
        name: Its name; that of a pattern tells in capitals what changes.
        source: The SQL expression over the ledger that gives it.
        meaning: What it says, for a reader who knows the concepts of a campaign.
        unit: The unit of its numbers; empty if they have none.
        each: What a pattern has a column for, see `patterns.laid_out`; None for a column.
        ours: Whether its name may become part of the SQL; what others have named may not.
    """

    kind: Kind
    name: str
    source: str
    meaning: str
    unit: str = ""
    each: Each | None = None
    ours: bool = True

    def cell(self, stored: Cell) -> Cell:
        """Give a stored value its kind; SQLite knows no booleans."""
        return bool(stored) if self.kind == "boolean" and stored is not None else stored


def number(name: str, source: str, meaning: str) -> Column:
    """Make a column of numbers, whose name ends as its unit says."""
    unit = next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")
    return Column("number", name, source, meaning, unit)


def integer(name: str, source: str, meaning: str) -> Column:
    """Make a column of whole numbers, whose name ends as its unit says."""
    unit = "bytes" if name.endswith("_bytes") else ""
    return Column("integer", name, source, meaning, unit)


text = partial(Column, "text")
boolean = partial(Column, "boolean")


@dataclass(frozen=True, slots=True)
class Table:
    """Records of one kind.

    Attributes:
        name: Its name, and that of the file it is exported to.
        meaning: What one row stands for.
        rows: The SQL that follows FROM: which rows there are, in which order.
        columns: Its columns in their order.
        parameters: What stands for names that are not ours in the SQL of the columns.
    """

    name: str
    meaning: str
    rows: str
    columns: tuple[Column, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def read(self, ledger: Ledger) -> Iterator[Row]:
        """Read the rows one by one.

        Their SQL may call `inchikey(smiles)`, `keeps_limits(molecule)` and `site(task_id)`.
        """
        from molsteer.steering.records.limits import breaking

        ledger.connection.create_function("site", 1, partial(_site, ledger), deterministic=True)
        ledger.connection.create_function("inchikey", 1, _inchikey, deterministic=True)
        broken = breaking(ledger)
        ledger.connection.create_function("keeps_limits", 1, lambda found: found not in broken)
        cells = ", ".join(
            f'{column.source} AS "{column.name}"' if column.ours else column.source
            for column in self.columns
        )
        query = f"SELECT {cells} FROM {self.rows}"  # noqa: S608 - all ours
        for row in ledger.connection.execute(query, self.parameters):
            yield tuple(map(Column.cell, self.columns, row))


def _site(ledger: Ledger, task_id: str) -> str | None:
    if not ledger.has_table("place"):  # as in older ledgers
        return None
    query = "SELECT site FROM place WHERE task_id = ?"
    found: tuple[str] | None = ledger.connection.execute(query, (task_id,)).fetchone()
    return found[0] if found else None


def _inchikey(smiles: str) -> str:
    from molsteer.steering.space.inchi import inchikey  # RDKit

    return inchikey(smiles)
