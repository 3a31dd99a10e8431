"""What a table of run records is: its columns, what they mean, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from molsteer.steering.ledger import own_columns

if TYPE_CHECKING:
    from molsteer.steering.ledger.ledger import Ledger

Kind = Literal["text", "integer", "number", "boolean"]
Cell = str | int | float | None
Row = tuple[Cell, ...]

_OWN = "own_"
_UNITS = {"_at": "s since 1970-01-01 UTC", "_s": "s", "_eV": "eV", "_bytes": "bytes"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        kind: What its cells are, where they are not empty.
        name: Its name; the end of it tells its unit.
        source: The SQL expression over the ledger that gives it.
        meaning: What it says, for a reader who knows the concepts of a campaign.
    """

    kind: Kind
    name: str
    source: str
    meaning: str

    @property
    def unit(self) -> str:
        """The unit of its numbers; empty if they have none."""
        return next((unit for end, unit in _UNITS.items() if self.name.endswith(end)), "")

    def cell(self, stored: Cell) -> Cell:
        """Give a stored value its kind; SQLite knows no booleans."""
        return bool(stored) if self.kind == "boolean" and stored is not None else stored


text = partial(Column, "text")
integer = partial(Column, "integer")
number = partial(Column, "number")
boolean = partial(Column, "boolean")


@dataclass(frozen=True, slots=True)
class Table:
    """Records of one kind.

    Attributes:
        name: Its name, and that of the file it is exported to.
        meaning: What one row stands for.
        rows: The SQL that follows FROM: which rows there are, in which order.
        columns: Its columns in their order.
        has_own: Whether the users' own columns of the molecules stand behind these, see `of`.
    """

    name: str
    meaning: str
    rows: str
    columns: tuple[Column, ...]
    has_own: bool = False

    def of(self, ledger: Ledger) -> Table:
        """Add the users' own columns of a campaign."""
        if not self.has_own:
            return self
        own = (
            text(f"{_OWN}{heading}", own_columns.cell(place), "As in the file of the molecules.")
            for place, heading in enumerate(own_columns.headings(ledger))
        )
        return replace(self, columns=(*self.columns, *own))

    def read(self, ledger: Ledger) -> Iterator[Row]:
        """Read the rows one by one; their SQL may call `inchikey(smiles)`."""
        ledger.connection.create_function("inchikey", 1, _inchikey, deterministic=True)
        cells = ", ".join(
            # Headings are not ours, so they become no part of the SQL.
            column.source if column.name.startswith(_OWN) else f'{column.source} AS "{column.name}"'
            for column in self.columns
        )
        for row in ledger.connection.execute(f"SELECT {cells} FROM {self.rows}"):  # noqa: S608
            yield tuple(map(Column.cell, self.columns, row))


def _inchikey(smiles: str) -> str:
    from molsteer.steering.space.inchi import inchikey  # RDKit

    return inchikey(smiles)
