"""What molecules files say of their molecules beside the SMILES: names, numbers, prices.

It is kept as it was written, and read where a molecule is shown to people; nothing computes with
it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from molsteer.steering.space.errors import DamagedSpace
from molsteer.steering.space.manifest import OwnColumns
from molsteer.steering.space.writing import stored, write_array

CELLS_NAME, OFFSETS_NAME = "own_columns.jsonl", "own_columns_offsets.npy"

OwnCells = Mapping[str, str]
"""What stands in the users' own columns of a molecule, by heading; empty cells are left out."""


class OwnColumnsWriter:
    """Writes the cells of each molecule as a line of JSON, as they come.

    Args:
        folder: The folder of the space.
        columns: The headings of each molecules file.
    """

    def __init__(self, folder: Path, columns: Sequence[Sequence[str]]) -> None:
        self._folder = folder
        self._headings = tuple(dict.fromkeys(heading for own in columns for heading in own))
        places = {heading: place for place, heading in enumerate(self._headings)}
        self._places = [[places[heading] for heading in own] for own in columns]
        self._used = [False for _ in self._headings]
        self._lengths: list[npt.NDArray[np.int64]] = []

    def add(self, molecules: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Take the number of the file, and the cells, of the next molecules."""
        lines = [self._line(source, cells) for source, cells in molecules]
        with (self._folder / CELLS_NAME).open("ab") as file:
            file.write(b"".join(lines))
        self._lengths.append(np.array([len(line) for line in lines], dtype=np.int64))

    def finish(self) -> OwnColumns | None:
        """Give what was written; nothing is left of columns that are empty all the way down."""
        if not any(self._used):
            (self._folder / CELLS_NAME).unlink(missing_ok=True)
            return None
        offsets = np.concatenate([[0], np.cumsum(np.concatenate(self._lengths))]).astype(np.int64)
        return OwnColumns(
            headings=self._headings,
            cells=stored(self._folder, CELLS_NAME),
            offsets=write_array(self._folder, OFFSETS_NAME, offsets),
        )

    def _line(self, source: int, cells: Sequence[str]) -> bytes:
        line = ["" for _ in self._headings]
        for place, cell in zip(self._places[source], cells, strict=True):
            if cell:
                line[place], self._used[place] = cell, True
        return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


class OwnColumnsTable:
    """Reads the cells of single molecules; only what is looked at is in memory.

    Args:
        folder: The folder of the space.
        columns: What its manifest says of them.
        offsets: Where each line begins, and where the last one ends.
    """

    def __init__(self, folder: Path, columns: OwnColumns, offsets: npt.NDArray[np.generic]) -> None:
        self._folder, self._columns, self._offsets = folder, columns, offsets

    def cells(self, index: int) -> OwnCells:
        """Give what stands in the columns of a molecule of the space.

        Raises:
            DamagedSpace: If the file is gone or holds something else.
        """
        name = self._columns.cells.file
        start, end = (int(offset) for offset in self._offsets[index : index + 2])
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(start)
                cells = json.loads(file.read(max(end - start, 0)))
        except (OSError, ValueError, RecursionError) as error:
            raise DamagedSpace(self._folder, f"its {name} is damaged ({error})") from error
        if not isinstance(cells, list) or not all(isinstance(cell, str) for cell in cells):
            raise DamagedSpace(self._folder, f"its {name} holds something else")
        named = zip(self._columns.headings, cells, strict=False)
        return {heading: cell for heading, cell in named if cell}
