"""Rows of a table of molecules, each with its place; none is passed over in silence."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from molsteer.steering.space.errors import UnreadableSource
from molsteer.steering.space.files.layout import (
    BLANKS,
    Layout,
    NumberedLine,
    find_layout,
    looks_like_a_molecule,
    split,
)

_WORD = re.compile(r"\S+(?:[ \t]+\|[^|\n]*\|(?!\S))?")
"""A word, and what belongs to it in CXSMILES: `CC |^1:0|`."""


class TableRow(NamedTuple):
    """One row.

    Attributes:
        line: The line it begins in, from 1.
        smiles: Its SMILES, or its InChI where that is empty.
        cells: One for each heading, that of the SMILES included.
        problem: Why it cannot be believed; empty if it can.
    """

    line: int
    smiles: str
    cells: tuple[str, ...]
    problem: str = ""


class MoleculesTable:
    """A table whose delimiter, headings and column of molecules are found out.

    Args:
        lines: Its lines with their numbers.
        path: Its name, for messages, and for files without headings.
        column: Heading or number of the column of SMILES; found by its heading if None.
        option: What a user chooses the column with, for messages.

    Attributes:
        layout: What was found out.

    Raises:
        UnreadableSource: If there is no column of molecules.
    """

    def __init__(
        self,
        lines: Iterable[NumberedLine],
        path: Path,
        column: str | None = None,
        option: str = "--smiles-column",
    ) -> None:
        self._path = path
        self.layout, self._lines = find_layout(lines, path, column, option)

    def rows(self) -> Iterator[TableRow]:
        """Read the rows one after the other; empty lines and comments of lists are none.

        Raises:
            UnreadableSource: If quotes do not fit together; where they do not, rows would vanish.
        """
        is_list = self.layout.delimiter == BLANKS
        records = _in_words(self._lines, self.layout) if is_list else self._quoted()
        for line, cells in records:
            yield self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> TableRow:
        width, places = len(self.layout.headings), self.layout.places
        cells = self._with_whole_inchi(cells)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) > width:
            counts = f"{len(cells)} under {width}"
            return TableRow(line, "", tuple(cells[:width]), f"more cells than headings, {counts}")
        stripped = [cell.strip() for cell in cells] + [""] * (width - len(cells))
        found = [stripped[place] for place in (places.smiles, places.inchi) if place is not None]
        return TableRow(line, next(filter(None, found), ""), tuple(stripped))

    def _with_whole_inchi(self, cells: list[str]) -> list[str]:
        """Put an InChI together that was written without quotes; most have commas."""
        place, surplus = self.layout.places.inchi, len(cells) - len(self.layout.headings)
        if self.layout.delimiter != "," or place is None or surplus <= 0:
            return cells
        if not cells[place].startswith("InChI="):
            return cells
        end = place + surplus + 1
        return [*cells[:place], ",".join(cells[place:end]), *cells[end:]]

    def _quoted(self) -> Iterator[tuple[int, list[str]]]:
        taken: list[NumberedLine] = []

        def lines() -> Iterator[str]:
            for line in self._lines:
                taken.append(line)
                yield line[1]

        reader = csv.reader(
            lines(), delimiter=self.layout.delimiter, strict=True, skipinitialspace=True
        )
        while True:
            taken.clear()
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise self._broken(taken, str(error)) from None
            if cells is None:
                return
            if len(taken) > 1 and self._holds_rows(cells):
                raise self._broken(taken, "there are rows in it")
            if cells:
                yield taken[0][0], cells

    def _holds_rows(self, cells: list[str]) -> bool:
        """Tell whether a quoted cell has lines in it that look like rows of their own."""
        for index, cell in enumerate(cells):
            first, *others = cell.splitlines() or [""]
            if any(self._is_row(self._split(line)) for line in others):
                return True
            before = cells[:index]
            if others and self._is_row([*before, *self._split(first)], behind=index):
                return True
        return False

    def _is_row(self, cells: list[str], behind: int = -1) -> bool:
        places = (self.layout.places.smiles, self.layout.places.inchi)
        return len(cells) == len(self.layout.headings) and any(
            looks_like_a_molecule(cells[place])
            for place in places
            if place is not None and place > behind
        )

    def _split(self, line: str) -> list[str]:
        return split(line, self.layout.delimiter)

    def _broken(self, taken: list[NumberedLine], reason: str) -> UnreadableSource:
        if len(taken) == 1 and "field limit" in reason:
            cure = "Check that it is a table of molecules."
            return UnreadableSource(self._path, f"line {taken[0][0]}: {reason}", cure)
        opened = (number for number, line in taken if not self._split(line))
        return UnreadableSource(
            self._path,
            f"the quoted cell that opens in line {next(opened, taken[0][0])} does not end as it "
            f"should ({reason})",
            "Close its quotes, or write quotes inside of it twice.",
        )


def _in_words(lines: Iterator[NumberedLine], layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Split lines at blanks; what is left belongs to the last column, unless SMILES are there."""
    width = max(len(layout.headings), 2)
    if layout.places.smiles == width - 1:
        width += 1
    for number, line in lines:
        if line.isspace() or line.startswith("#"):
            continue
        words = list(_WORD.finditer(line))
        cells = [word[0] for word in words[: width - 1]]
        if len(words) >= width:
            cells.append(line[words[width - 1].start() :].strip())
        yield number, cells
