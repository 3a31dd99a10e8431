"""Consecutive molecules of a space in files, and single ones collected out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from molsteer.steering.space.manifest import StoredChunk


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive molecules of the space in a safetensors file.

    Attributes:
        path: Of graphs, as `thin` writes them, or of `Features`.
    """

    path: Path
    sha256: str
    size_bytes: int
    molecules: int


class _Pack(Protocol):
    def take(self, rows: npt.NDArray[np.integer]) -> Self: ...


_PackT = TypeVar("_PackT", bound=_Pack)


def chunks_in(folder: Path, stored: Iterable[StoredChunk]) -> tuple[Chunk, ...]:
    """Name the chunks of a space by where they lie."""
    return tuple(
        Chunk(folder / each.file, each.sha256, each.size_bytes, each.molecules) for each in stored
    )


def collect(
    indices: npt.NDArray[np.integer],
    chunk_size: int,
    read: Callable[[int, npt.NDArray[np.int64]], _PackT],
    join: Callable[[Sequence[_PackT]], _PackT],
) -> _PackT:
    """Collect any molecules, in the order given; they may repeat.

    Args:
        indices: Numbers of the molecules in the space.
        chunk_size: Molecules in each chunk.
        read: Gives rows of the chunk of a number; it is called once for each chunk.
        join: Puts these one behind the other.
    """
    if indices.size == 0:
        return read(0, indices.astype(np.int64))
    order = np.argsort(indices, kind="stable")
    numbers, rows = np.divmod(indices[order].astype(np.int64), chunk_size)
    found, starts = np.unique(numbers, return_index=True)
    parts = zip(found, np.split(rows, starts[1:]), strict=True)
    in_order = join([read(int(number), part) for number, part in parts])
    return in_order.take(np.argsort(order, kind="stable"))
