"""Tables of a search space that grows: what was there, and behind it what is new."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from molsteer.steering.space.manifest import OwnColumns, StoredFile
from molsteer.steering.space.own_columns import CELLS_NAME, OFFSETS_NAME
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.space.writing import stored, write_array


def grown_names(base: SearchSpace, new: SearchSpace, folder: Path) -> tuple[StoredFile, StoredFile]:
    """Write the tables `smiles` and `smiles_offsets`."""
    before, offsets = base.names
    added, more = new.names
    smiles = np.concatenate([before, added])
    ends = np.concatenate([offsets, more[1:] + offsets[-1]])
    return (
        write_array(folder, "smiles.npy", smiles),
        write_array(folder, "smiles_offsets.npy", ends),
    )


def grown_rows(base: SearchSpace, new: SearchSpace, folder: Path, name: str) -> StoredFile:
    """Write a list of rows for people to read, with one line of headings."""
    with (folder / name).open("wb") as file:
        file.write((base.folder / name).read_bytes())
        _, _, rows = (new.folder / name).read_bytes().partition(b"\n")
        file.write(rows)
    return stored(folder, name)


def grown_own_columns(base: SearchSpace, new: SearchSpace, folder: Path) -> OwnColumns | None:
    """Write the users' own columns; a column that only new molecules have comes last."""
    headings = tuple(dict.fromkeys((*base.own_headings, *new.own_headings)))
    if not headings:
        return None
    lines = chain(_lines_before(base), _new_lines(new, headings))
    with (folder / CELLS_NAME).open("wb") as file:
        lengths = [file.write(line) for line in lines]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return OwnColumns(
        headings=headings,
        cells=stored(folder, CELLS_NAME),
        offsets=write_array(folder, OFFSETS_NAME, offsets),
    )


def _lines_before(base: SearchSpace) -> list[bytes]:
    """Give the lines of the molecules that were there; a line may be shorter than the headings."""
    if own := base.manifest.own_columns:
        return (base.folder / own.cells.file).read_bytes().splitlines(keepends=True)
    return [b"[]\n"] * len(base)


def _new_lines(new: SearchSpace, headings: Sequence[str]) -> Iterator[bytes]:
    for index in range(len(new)):
        own = new.own_cells(index)
        cells = [own.get(heading, "") for heading in headings]
        yield json.dumps(cells, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
