"""The molecules of a search space as rows, from which another one is built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.steering.space.files.sources import Row

if TYPE_CHECKING:
    from molsteer.steering.space.search_space import SearchSpace


class RowsOfSpace:
    """A search space, read like a `MoleculesFile`; the line of a molecule is its number in it.

    Attributes:
        path: Its folder.
        number: Its number among the files of the new space.
        size_bytes, bytes_read: Measured in molecules.
    """

    def __init__(self, space: SearchSpace, number: int = 0) -> None:
        self.path: Path = space.folder
        self.number, self.size_bytes, self.bytes_read = number, len(space), 0
        self._space = space

    def sha256(self) -> str:
        """Give the digest of the molecules and their order."""
        return self._space.digest

    def columns(self) -> tuple[str, ...]:
        """Give the headings of the users' own columns."""
        return self._space.own_headings

    def rows(self) -> Iterator[Row]:
        """Read the molecules one after the other."""
        headings = self.columns()
        for molecule in range(len(self._space)):
            self.bytes_read = molecule + 1
            own = self._space.own_cells(molecule)
            cells = tuple([own.get(heading, "") for heading in headings])
            yield Row(self.number, molecule, self._space.smiles(molecule), cells)
