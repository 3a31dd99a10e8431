"""The files of a search space, written molecule by molecule and named by their content."""

from __future__ import annotations

import csv
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from molsteer.shared.foreign_text import spreadsheet_cell
from molsteer.shared.wire.arrays.thin_graphs import thin
from molsteer.shared.wire.graphs import PackedGraphs, join
from molsteer.steering.space.files.sources import Row
from molsteer.steering.space.manifest import StoredChunk, StoredFile

log = logging.getLogger(__name__)

CHUNKS_FOLDER = "chunks"
REJECTED_NAME, CHANGED_NAME = "rejected.csv", "changed.csv"


class ChunkWriter:
    """Cuts a stream of packed graphs into chunks of equal size.

    Args:
        folder: The folder of the space.
        chunk_size: Molecules in every chunk but the last.
    """

    def __init__(self, folder: Path, chunk_size: int) -> None:
        self._folder, self._chunk_size = folder, chunk_size
        self._chunks: list[StoredChunk] = []
        self._waiting: list[PackedGraphs] = []
        (folder / CHUNKS_FOLDER).mkdir()

    def add(self, graphs: PackedGraphs) -> None:
        """Take the next molecules."""
        self._waiting.append(graphs)
        if sum(map(len, self._waiting)) >= self._chunk_size:
            self._write_full_chunks()

    def finish(self) -> tuple[StoredChunk, ...]:
        """Write what is left as the last chunk; give all chunks."""
        if sum(map(len, self._waiting)):
            self._write(join(self._waiting))
        return tuple(self._chunks)

    def _write_full_chunks(self) -> None:
        graphs = join(self._waiting)
        full = len(graphs) - len(graphs) % self._chunk_size
        for start in range(0, full, self._chunk_size):
            self._write(graphs.take(np.arange(start, start + self._chunk_size)))
        self._waiting = [graphs.take(np.arange(full, len(graphs)))]

    def _write(self, graphs: PackedGraphs) -> None:
        data = save(thin(graphs))
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"{CHUNKS_FOLDER}/{sha256}.safetensors"
        (self._folder / name).write_bytes(data)
        self._chunks.append(
            StoredChunk(file=name, sha256=sha256, size_bytes=len(data), molecules=len(graphs))
        )
        log.debug("Chunk %d has %d bytes.", len(self._chunks), len(data))


class NameTable:
    """Canonical SMILES, kept as bytes until they are written."""

    def __init__(self) -> None:
        self._smiles = bytearray()
        self._lengths: list[npt.NDArray[np.int64]] = []

    def add(self, smiles: list[bytes]) -> None:
        """Take the names of the next molecules."""
        self._smiles += b"".join(smiles)
        self._lengths.append(np.array([len(text) for text in smiles], dtype=np.int64))

    def write(self, folder: Path) -> tuple[StoredFile, StoredFile]:
        """Write the tables `smiles` and `smiles_offsets`."""
        offsets = np.concatenate([[0], np.cumsum(np.concatenate(self._lengths))]).astype(np.int64)
        return (
            write_array(folder, "smiles.npy", np.frombuffer(self._smiles, dtype=np.uint8)),
            write_array(folder, "smiles_offsets.npy", offsets),
        )


class RowList:
    """Rows of the sources and what became of them, as a csv file for people to read.

    Args:
        folder: The folder of the space.
        name: Name of the file.
        sources: The molecules files.
        outcome: Heading of the column that says what became of a row.
    """

    def __init__(self, folder: Path, name: str, sources: Sequence[Path], outcome: str) -> None:
        self._folder, self._name, self._sources = folder, name, sources
        self._file = (folder / name).open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(("source", "line", "smiles", outcome))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, row: Row, outcome: str) -> None:
        """List one row."""
        source, smiles = spreadsheet_cell(str(self._sources[row.source])), row.smiles
        self._csv.writerow((source, row.line, spreadsheet_cell(smiles), outcome))

    def finish(self) -> StoredFile:
        """Close the list."""
        self._file.close()
        return stored(self._folder, self._name)


def write_array(folder: Path, name: str, array: npt.NDArray[np.generic]) -> StoredFile:
    """Write an array into the folder of a space."""
    np.save(folder / name, array, allow_pickle=False)
    return stored(folder, name)


def stored(folder: Path, name: str) -> StoredFile:
    """Describe a file of a space that is written whole."""
    with (folder / name).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return StoredFile(file=name, sha256=sha256, size_bytes=file.tell())
