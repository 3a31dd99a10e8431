"""Which column of a table holds the molecules, by what people call it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SMILES_HEADINGS = (
    *("smiles", "isomericsmiles", "canonicalisomericsmiles", "cxsmiles", "canonicalsmiles"),
    *("cansmiles", "smilesstring", "rdkitsmiles", "structuresmiles", "smi"),
)
"""Headings of SMILES; of several in one table the first of these is read."""

INCHI_HEADINGS = ("inchi", "standardinchi", "stdinchi", "inchistring")
"""Headings of InChIs, which are read where a row has no SMILES."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a table has its molecules.

    Attributes:
        smiles: Number of the column of SMILES, from zero; None if there is none.
        inchi: Number of the column of InChIs; None if there is none.
        doubtful: Headings of which each might be that of SMILES; nothing was chosen then.
    """

    smiles: int | None = None
    inchi: int | None = None
    doubtful: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether the table has a column of molecules."""
        return self.smiles is not None or self.inchi is not None


def known(heading: str) -> str:
    """Write a heading as it is compared: upper and lower case, blanks and hyphens count nothing."""
    return re.sub(r"[\s_.-]", "", heading).casefold()


def exactly(headings: Sequence[str]) -> Places:
    """Look for headings that everybody uses."""
    names = [known(heading) for heading in headings]
    return Places(_first(SMILES_HEADINGS, names), _first(INCHI_HEADINGS, names))


def roughly(headings: Sequence[str]) -> Places:
    """Look for a heading that speaks of SMILES, such as "Ligand SMILES"."""
    speaking = [place for place, heading in enumerate(headings) if "smiles" in known(heading)]
    if len(speaking) > 1:
        return Places(doubtful=tuple(headings[place].strip() for place in speaking))
    return Places(speaking[0] if speaking else None)


def by_name(headings: Sequence[str], wanted: str) -> int | None:
    """Find a heading that was asked for, as it is written or else as headings are compared."""
    stripped = [heading.strip() for heading in headings]
    if wanted in stripped:
        return stripped.index(wanted)
    names = [known(heading) for heading in headings]
    return names.index(known(wanted)) if known(wanted) in names else None


def place_of(headings: Sequence[str], wanted: str) -> int | None:
    """Find a column by its heading, or else by its number, from 1."""
    place = by_name(headings, wanted)
    if place is None and wanted.isdecimal() and 0 < int(wanted) <= len(headings):
        return int(wanted) - 1
    return place


def as_columns(headings: Sequence[str]) -> tuple[str, ...]:
    """Give every column a heading of its own; ends of lines that nothing stands under are none."""
    last = max((place for place, heading in enumerate(headings) if heading.strip()), default=-1)
    columns: list[str] = []
    for number, heading in enumerate(headings[: last + 1], start=1):
        name = " ".join(heading.split()) or f"column {number}"
        while name in columns:
            name = f"{name} (column {number})"
        columns.append(name)
    return tuple(columns)


def _first(wanted: Sequence[str], names: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)
