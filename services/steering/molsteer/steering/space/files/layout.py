"""How a table is laid out, found out from its first lines and the suffix of its name."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from molsteer.steering.space.errors import UnreadableSource
from molsteer.steering.space.files.headings import Places, as_columns, by_name, exactly, roughly

LISTS = (".smi", ".smiles", ".ism", ".can", ".cxsmiles")
"""Suffixes of files that may have no headings: a SMILES at the start of each line, then a name."""

TABLES = (".csv", ".tsv", ".tab")
PACKED = (".gz", ".bz2", ".xz", ".zip")

BLANKS = " "
"""Stands for a delimiter of any number of blanks and tabulators."""

_DELIMITERS = ("\t", ",", ";", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?', re.IGNORECASE)
_SMILES = re.compile(r"(?:\[[^\]]+\]|Br|Cl|[BCNOPSFIbcnops*]|[-=#$:/\\.()%0-9~+@])+")
_SHOWN = 60

NumberedLine = tuple[int, str]
Look = Callable[[Sequence[str]], Places]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the cells of a table are.

    Attributes:
        delimiter: The character between cells, or `BLANKS`.
        headings: One for each column, whether the file has them or not.
        places: Which columns hold the molecules.
    """

    delimiter: str
    headings: tuple[str, ...]
    places: Places


def suffix(name: str) -> str:
    """Give the suffix of a file's name, in lower case and without those of packing."""
    name = name.lower()
    for packed in PACKED:
        name = name.removesuffix(packed)
    return f".{name.rpartition('.')[2]}" if "." in name else ""


def split(line: str, delimiter: str) -> list[str]:
    """Split one line into cells; none if its quotes are not those of one line."""
    if delimiter == BLANKS:
        return line.split()
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True), [])
    except csv.Error:
        return []


def looks_like_a_molecule(cell: str) -> bool:
    """Tell an InChI, or a first word of the letters of SMILES, from names such as "no" and 962."""
    if cell.startswith("InChI="):
        return True
    word = next(iter(cell.split(maxsplit=1)), "")
    is_lower = word.isalpha() and word.islower()
    has_atoms = any(letter.isalpha() or letter == "*" for letter in word)
    return has_atoms and not is_lower and _SMILES.fullmatch(word) is not None


def find_layout(
    lines: Iterable[NumberedLine], path: Path, chosen: str | None, option: str
) -> tuple[Layout, Iterator[NumberedLine]]:
    """Look at the beginning of a table: comments, a line `sep=`, headings.

    Args:
        lines: Its lines with their numbers.
        path: Its name, which counts where there are no headings.
        chosen: Heading or number, from 1, of the column of SMILES; None if its heading tells it.
        option: What a user chooses it with, for messages.

    Returns:
        The layout, and the lines of the rows.

    Raises:
        UnreadableSource: If no column of molecules is found.
    """
    lines = iter(lines)
    comments, first = list[str](), (0, "")
    delimiters: Sequence[str] = _DELIMITERS
    for number, line in lines:
        if match := _SEPARATOR_LINE.fullmatch(line.strip("\r\n ")):
            delimiters = (match[1],)
        elif line.startswith("#"):
            comments.append(line[1:])
        elif line.strip():
            first = (number, line)
            break
    search = _Search(path, chosen, option, delimiters)
    if layout := search.headed(first[1]):
        return layout, lines
    in_comments = (
        search.headed(line, (exactly,)) for line in reversed(comments) if not line[:1].isspace()
    )
    layout = next(filter(None, in_comments), None) or search.bare(first[1])
    return layout, chain([first], lines) if first[1] else lines


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for the column of molecules in one line of a file."""

    path: Path
    chosen: str | None
    option: str
    delimiters: Sequence[str]

    def headed(self, line: str, by_meaning: Sequence[Look] = (exactly, roughly)) -> Layout | None:
        """Take a line for headings, if one of them is known or was asked for."""
        for look, delimiter, headings in self._attempts(line, by_meaning):
            places = look(headings)
            if places.doubtful:
                listed = ", ".join(places.doubtful)
                raise self._refused(f"each of its columns {listed} may hold the SMILES")
            if places.found:
                return self._numbered(places, _columns(headings, delimiter), delimiter, look)
        return None

    def bare(self, line: str) -> Layout:
        """Take a line for the first row of a file that has no headings."""
        number = self._number
        if number is None and (self.chosen is not None or suffix(self.path.name) not in LISTS):
            heading = f" {self.chosen!r}" if self.chosen else " of SMILES or InChI"
            raise self._refused(f"it has no column{heading} (its first line is: {_shown(line)})")
        delimiter = self._of_row(line)
        cells = split(line, delimiter)
        if number is None and _begins_with_a_name(cells):
            raise self._refused(f"its lines do not begin with SMILES, but with {_shown(cells[0])}")
        place = (number or 1) - 1
        count = place + 2 if delimiter == BLANKS else max(place + 1, len(cells))
        headings = [f"column {column}" for column in range(1, count + 1)]
        headings[place : place + 2] = ("smiles", "name")[: count - place]
        return Layout(delimiter, tuple(headings), Places(place))

    def _attempts(
        self, line: str, by_meaning: Sequence[Look]
    ) -> Iterator[tuple[Look, str, list[str]]]:
        """Split a line in every way that may be meant, the most telling first."""
        readings = [(delimiter, split(line, delimiter)) for delimiter in self._between(line)]
        if suffix(self.path.name) not in TABLES:
            readings.append((BLANKS, line.split()))
        yield from ((self._wanted, *reading) for reading in readings)
        if self.chosen is not None and self._number is None:
            return
        likely = [reading for reading in readings if not self._may_be_a_row(reading[1])]
        for look in by_meaning:
            for delimiter, headings in likely:
                if look is exactly or delimiter != BLANKS:  # many a name has several words
                    yield look, delimiter, headings

    def _wanted(self, headings: Sequence[str]) -> Places:
        place = None if self.chosen is None else by_name(headings, self.chosen)
        return Places() if place is None else replace(exactly(headings), smiles=place)

    def _may_be_a_row(self, cells: Sequence[str]) -> bool:
        """Tell whether a line may be the first row of a list, whatever its name speaks of."""
        is_list = suffix(self.path.name) in LISTS
        return is_list and any(map(looks_like_a_molecule, cells[:1]))

    def _numbered(
        self, places: Places, headings: tuple[str, ...], delimiter: str, look: Look
    ) -> Layout:
        """Where a number was asked for, take it among the headings that were found."""
        if look != self._wanted and (number := self._number):
            if number > len(headings):
                raise self._refused(f"it has {len(headings)} columns, and none of number {number}")
            places = replace(places, smiles=number - 1)
        return Layout(delimiter, headings, places)

    @property
    def _number(self) -> int | None:
        """The number of the column that was asked for, from 1."""
        chosen = self.chosen or ""
        return int(chosen) if chosen.isdecimal() and 0 < int(chosen) < 10_000 else None

    def _between(self, line: str) -> Sequence[str]:
        """List what may stand between the cells of headings."""
        if len(self.delimiters) == 1:
            return self.delimiters
        found = [delimiter for delimiter in self.delimiters if delimiter in line]
        alone = {".csv": ",", ".tsv": "\t", ".tab": "\t"}.get(suffix(self.path.name))
        return found or ([alone] if alone else [])

    def _of_row(self, line: str) -> str:
        """Find out what stands between the cells of a row; no SMILES has a comma in it."""
        if suffix(self.path.name) in LISTS:
            line = line.split(maxsplit=1)[0] if line.strip() else ""
        found = [delimiter for delimiter in self.delimiters if delimiter in line]
        return max(found, key=lambda delimiter: len(split(line, delimiter)), default=BLANKS)

    def _refused(self, reason: str) -> UnreadableSource:
        return UnreadableSource(
            self.path,
            reason,
            f"Say with {self.option} which column holds the SMILES: by its heading or, where "
            f"there are none, by its number.",
        )


def _columns(headings: Sequence[str], delimiter: str) -> tuple[str, ...]:
    """Name the columns; lists often have names of molecules without a heading for them."""
    return as_columns(
        [*headings, "name"] if delimiter == BLANKS and len(headings) == 1 else headings
    )


def _begins_with_a_name(cells: Sequence[str]) -> bool:
    return [looks_like_a_molecule(cell) for cell in cells[:2]] == [False, True]


def _shown(line: str) -> str:
    text = " ".join(line.split())
    return (text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...") or "empty"
