"""Molecules files as streams of rows; nothing here knows chemistry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from molsteer.steering.space.errors import UnreadableSource
from molsteer.steering.space.files.layout import Layout
from molsteer.steering.space.files.opening import OpenedText, opened
from molsteer.steering.space.files.table import MoleculesTable


class Row(NamedTuple):
    """One row of the input; lines count from one. An InChI may stand in place of the SMILES.

    Attributes:
        cells: What stands in the other columns, see `MoleculesFile.columns`.
        problem: Why the row cannot be used, whatever its SMILES; empty if it can.
    """

    source: int
    line: int
    smiles: str
    cells: tuple[str, ...] = ()
    problem: str = ""


class MoleculesFile:
    """One molecules file, read row by row.

    Packing, encoding, delimiter and headings are found out, see `opened` and `find_layout`.

    Args:
        path: The file.
        number: Its number among the files of the space, from zero.
        smiles_column: Heading or number of the column of SMILES; found by its heading if None.

    Attributes:
        bytes_read: Bytes of the file, as it lies on disk, that were read so far.

    Raises:
        UnreadableSource: If there is no such file.
    """

    def __init__(self, path: Path, number: int = 0, smiles_column: str | None = None) -> None:
        if not path.is_file():
            if path.is_dir():
                cure = "Give a search space alone, or the files it was built from."
                raise UnreadableSource(path, "it is a folder", cure)
            raise UnreadableSource(path, "it does not exist", "Check the path.")
        self.path, self.number, self._smiles_column = path, number, smiles_column
        self.size_bytes = path.stat().st_size
        self.bytes_read = 0

    def sha256(self) -> str:
        """Give the digest of the file as it lies on disk.

        Raises:
            UnreadableSource: If the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            cure = "Check that it may be read."
            raise UnreadableSource(self.path, error.strerror or str(error), cure) from error

    def columns(self) -> tuple[str, ...]:
        """Give the headings of all columns but that of the SMILES.

        Raises:
            UnreadableSource: If the file cannot be read, or has no column of molecules.
        """
        with opened(self.path) as text:
            layout = self._table(text).layout
        return tuple(layout.headings[place] for place in _kept(layout))

    def rows(self) -> Iterator[Row]:
        """Read the rows one after the other.

        Raises:
            UnreadableSource: If the file cannot be read, is damaged, or has no column of molecules.
        """
        with opened(self.path) as text:
            table = self._table(text)
            kept = _kept(table.layout)
            for line, smiles, cells, problem in table.rows():
                self.bytes_read = text.bytes_read()
                others = tuple([cells[place] for place in kept])
                yield Row(self.number, line, smiles, others, problem)
            self.bytes_read = self.size_bytes

    def _table(self, text: OpenedText) -> MoleculesTable:
        lines = enumerate(text.lines, start=1)
        return MoleculesTable(lines, self.path, self._smiles_column)


def _kept(layout: Layout) -> list[int]:
    named = layout.places.inchi if layout.places.smiles is None else layout.places.smiles
    return [place for place in range(len(layout.headings)) if place != named]
