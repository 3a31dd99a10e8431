"""Columns that depend on the campaign: its properties, its outputs, and its users' own columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import assert_never

from molsteer.shared.wire.catalogue import PROPERTIES
from molsteer.shared.wire.properties import Output
from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import outputs
from molsteer.steering.records.tables.columns import Column, Table

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""Units that can stand in the name of a column."""

values = Column(
    "number",
    "PROPERTY_UNIT",
    "(SELECT value FROM label WHERE label.molecule = result.molecule"
    " AND label.level = result.level AND property = :property_{n} AND unit = :unit_{n})",
    "Value of the property.",
    unit="of the property",
    each="property",
)
"""Every property of a result that was computed."""

of_outputs = partial(Column, "number", unit="of the output", each="output")
"""Something about everything that models predict; its source has the place as `{n}`."""

own = Column(
    "text",
    "own_HEADING",
    "json_extract(own.value, '$[{n}]')",
    "As in the file of the molecules.",
    each="heading",
)
"""The users' own columns of the molecules; the rows need `own_columns.joined`."""


@dataclass
class _Layout:
    """Columns under names that no two of them share, and the parameters of their SQL."""

    taken: set[str]
    parameters: dict[str, str] = field(default_factory=dict)

    def free(self, name: str) -> str:
        """Give a name, with a number behind it if it is taken."""
        place, free = 1, name
        while free in self.taken:
            place, free = place + 1, f"{name}_{place + 1}"
        self.taken.add(free)
        return free

    def columns(self, pattern: Column, ledger: Ledger) -> Iterator[Column]:
        match pattern.each:
            case None:
                yield pattern
            case "property":
                yield from self._properties(pattern, ledger)
            case "output":
                yield from self._outputs(pattern, outputs(ledger))
            case "heading":
                for place, heading in enumerate(own_columns.headings(ledger)):
                    yield _made(pattern, _owned(heading), place)
            case _:
                assert_never(pattern.each)

    def _properties(self, pattern: Column, ledger: Ledger) -> Iterator[Column]:
        for place, (name, unit) in enumerate(_computed(ledger)):
            self.parameters |= {f"property_{place}": name, f"unit_{place}": unit}
            known = PROPERTIES.get(name)
            meaning = known.description if known else f"{pattern.meaning.rstrip('.')} {name!r}."
            column = _made(pattern, self.free(_named(name, unit)), place)
            yield replace(column, unit=unit, meaning=meaning)

    def _outputs(self, pattern: Column, outputs: Sequence[Output]) -> Iterator[Column]:
        names = [output.name for output in outputs]
        for place, output in enumerate(outputs):
            name = _named(output.name, output.unit)
            if names.count(output.name) > 1:
                name = f"{name}_{output.level}"
            free = self.free(pattern.name.replace("PROPERTY_UNIT", name))
            column = _made(pattern, free, place)
            meaning = f"{pattern.meaning.rstrip('.')}: {output.name} at the level {output.level}."
            yield replace(column, unit=output.unit, meaning=meaning)


def laid_out(table: Table, ledger: Ledger) -> Table:
    """Put the columns of a campaign in the place of a table's patterns."""
    ours = {column.name for column in table.columns if column.each is None}
    layout = _Layout(ours | {_owned(heading) for heading in own_columns.headings(ledger)})
    columns = [made for column in table.columns for made in layout.columns(column, ledger)]
    return replace(table, columns=tuple(columns), parameters=layout.parameters)


def _made(pattern: Column, name: str, place: int) -> Column:
    source = pattern.source.replace("{n}", str(place))
    return replace(pattern, name=name, source=source, each=None, ours=False)


def _owned(heading: str) -> str:
    return own.name.replace("HEADING", heading)


def _named(name: str, unit: str) -> str:
    return f"{name}_{unit}" if _PLAIN.fullmatch(unit) else name


def _computed(ledger: Ledger) -> list[tuple[str, str]]:
    """List the properties that are known with their units: those that are aimed at first."""
    rows = ledger.connection.execute("SELECT DISTINCT property, unit FROM label ORDER BY 1, 2")
    aimed = [(output.name, output.unit) for output in outputs(ledger)]
    return list(dict.fromkeys([*aimed, *map(tuple, rows)]))
