"""Levels that answer from a table: where it is, and which of its columns are properties.

A property's column is called as the property, with or without its unit behind it, as `ip_eV`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, PositiveFloat, TypeAdapter, ValidationError

from molsteer.shared.settings.sections import Section
from molsteer.shared.wire.catalogue import ADIABATIC_IP, unit_of
from molsteer.shared.wire.properties import Unit
from molsteer.shared.wire.specs import REPLAY, Level
from molsteer.steering.settings.kinds import ColumnName
from molsteer.steering.space.errors import UnreadableSource
from molsteer.steering.space.files.headings import by_name, place_of
from molsteer.steering.space.files.opening import opened
from molsteer.steering.space.files.table import MoleculesTable

SHORT_NAMES: Mapping[str, tuple[str, ...]] = {ADIABATIC_IP: ("adiabatic_eV", "ip_eV")}
"""Other headings of properties in tables."""

OPTION = "campaign.smiles_column"


class ReplaySettings(Section):
    """What `[simulate]` and `[[level]]` say of a table."""

    table: Path | None = Field(
        default=None,
        description="Table that the level `replay` answers from, with a column of molecules and "
        "one called as the property, as score, with or without its unit, as ip_eV; an empty cell "
        "is a failure. Also packed.",
    )
    table_column: ColumnName | None = Field(
        default=None,
        description="Column of the answers in that table, where it is not called as the property.",
    )
    speed: PositiveFloat | None = Field(
        default=None,
        description="How many times as fast as the column `seconds` of that table says the level "
        "answers; at once if not given.",
    )


@dataclass(frozen=True, slots=True)
class Column:
    """A column of values.

    Attributes:
        place: Its number, from zero.
        unit: What its heading says of the unit; None if nothing.
    """

    place: int
    unit: str | None = None


def headings_of(table: Path, smiles_column: str | None) -> Sequence[str]:
    """Read the headings of a table.

    Raises:
        UnreadableSource: If it cannot be read, or has no column of molecules.
    """
    if not table.is_file():
        raise UnreadableSource(table, "it does not exist", "Check the path.")
    with opened(table) as text:
        lines = enumerate(text.lines, start=1)
        return MoleculesTable(lines, table, smiles_column, OPTION).layout.headings


def column_of(headings: Sequence[str], name: str, unit: str | None, chosen: str | None) -> Column:
    """Find the column of a property.

    Args:
        headings: All of the table.
        name: Of the property.
        unit: Its unit, None if the table is to tell.
        chosen: Heading or number of the column, if the settings name it.

    Raises:
        ValueError: If there is none, or it is in another unit; says so in a clause.
    """
    usual = (name, *([f"{name}_{unit}"] if unit else []))
    wanted = (chosen,) if chosen else usual
    for heading in wanted if chosen else (*usual, *SHORT_NAMES.get(name, ())):
        if (place := place_of(headings, heading)) is not None:
            return Column(place, _unit_in(headings[place], name))
    named = () if chosen else enumerate(headings)
    units = {place: _unit_in(heading, name) for place, heading in named}
    in_units = [place for place, found in units.items() if found]
    match [place for place in in_units if unit in (None, units[place])] or in_units:
        case [place] if unit in (None, units[place]):
            return Column(place, units[place])
        case []:
            said = f"has no column {' or '.join(map(repr, wanted))}"
        case [_, _, *_]:
            said = f"has several columns of {name!r}"
        case [place, *_]:
            said = f"has {name} as {headings[place]!r}, and it is wanted in {unit or 'no unit'}"
    raise ValueError(f"{said} (its columns are: {', '.join(headings)}); name one as table_column")


def found_unit(headings: Sequence[str], name: str, given: str | None, chosen: str | None) -> str:
    """Tell the unit of a property: as it is given or known, or as a table has it.

    Raises:
        ValueError: If the table has no such column, or in another unit; says so in a clause.
    """
    known = unit_of(name) if given is None else given
    column = column_of(headings, name, known, chosen)
    return (column.unit or "") if known is None else known


def unit_in(
    table: Path, smiles_column: str | None, name: str, given: str | None, chosen: str | None
) -> str:
    """Tell the unit of a property as `found_unit` does, of a table that is read for it.

    Raises:
        ValueError: If there is none, or no table; says so in a sentence.
    """
    try:
        return found_unit(headings_of(table, smiles_column), name, given, chosen)
    except UnreadableSource as error:
        raise ValueError(str(error)) from None
    except ValueError as error:
        raise ValueError(f"The table {table} {error}.") from None


def seconds_in(headings: Sequence[str]) -> int | None:
    """Find the column that says how long answers took."""
    return by_name(headings, "seconds")


def _unit_in(heading: str, name: str) -> str | None:
    """Read the unit in a heading such as `ip_eV` or `score / kcal/mol`; None if it has none."""
    match = re.fullmatch(rf"{re.escape(name)}(?:_|\s*/\s*|\s*\[)(.+?)\]?", heading.strip(), re.I)
    if match is None:
        return None
    try:
        return str(TypeAdapter(Unit).validate_python(match[1]))
    except ValidationError:
        return None


def problems_of_tables(
    levels: Sequence[Level], *, in_list: bool
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Find levels without the table that they need, and tables that no level reads.

    Args:
        levels: The campaign's.
        in_list: Whether they stand in `[[level]]`, else in `[simulate]`.
    """
    for number, level in enumerate(levels):
        place = ("level", number, "table") if in_list else ("simulate", "table")
        method, table = level.spec.method, level.spec.table
        if method == REPLAY and table is None:
            yield place, "is missing, the table that the level replay answers from"
        elif method != REPLAY and table is not None:
            yield place, f"is for the level replay, and this one is {method}; leave it out"
