"""A search space that grows: another folder that holds what was there, and what is new behind it.

The folder is whole by itself. Files that stay as they are have another name in it, a hard link
where the file system allows one, so that nobody else's space changes and little is copied.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from molsteer.shared.host.files.whole_folders import staged
from molsteer.steering.space.admission import Admission
from molsteer.steering.space.build import build
from molsteer.steering.space.features.adding_features import add_features, carry_features
from molsteer.steering.space.files.linking import linked
from molsteer.steering.space.growth.tables import grown_names, grown_own_columns, grown_rows
from molsteer.steering.space.manifest import (
    FORMAT,
    MANIFEST_NAME,
    Manifest,
    StoredChunk,
    content_digest,
)
from molsteer.steering.space.progress import Progress, ignore
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.space.writing import CHANGED_NAME, REJECTED_NAME, ChunkWriter

_NEW = "new"


def grow(
    base: SearchSpace,
    sources: Sequence[Path],
    folder: Path,
    *,
    admission: Admission,
    processes: int | None = None,
    smiles_column: str | None = None,
    on_progress: Callable[[Progress], None] = ignore,
) -> Manifest:
    """Make a space of another one's molecules and, behind them, the new ones of files.

    Molecules keep their numbers. Where the last chunk was not full, new ones fill it. Features are
    computed of what is new if the other one has any. The folder appears when it is complete, or not
    at all.

    Args:
        base: The space that grows; it stays as it is.
        sources: Molecules files, see `MoleculesFile`.
        folder: The folder to make.
        admission: Which molecules are taken in.
        processes: How many read molecules at a time; one for each core by default.
        smiles_column: Heading or number of the column of SMILES, see `build`.
        on_progress: Called after every batch of rows.

    Raises:
        UnreadableSource: If a file is missing, of unknown format or damaged.
        RefusedFolder: If the folder exists, or cannot be written.
        SpaceError: If no molecule is new, or the other space is damaged.
    """
    with staged(folder) as draft:
        build(
            sources,
            draft / _NEW,
            chunk_size=base.chunk_size,
            admission=admission,
            processes=processes,
            smiles_column=smiles_column,
            on_progress=on_progress,
            there={name: number for number, name in base.numbered()},
        )
        manifest = _joined(base, SearchSpace.open(draft / _NEW), draft)
        shutil.rmtree(draft / _NEW)
        text = manifest.model_dump_json(indent=2)
        (draft / MANIFEST_NAME).write_text(text, encoding="utf-8")
        if base.feature_chunks:
            carry_features(base, len(base) // base.chunk_size, draft)
            manifest = add_features(draft, processes=processes, on_progress=on_progress)
        _put_on_disk(draft)
    return manifest


def _joined(base: SearchSpace, new: SearchSpace, draft: Path) -> Manifest:
    before, added = base.manifest, new.manifest
    chunks = _chunks(base, new, draft)
    smiles, smiles_offsets = grown_names(base, new, draft)
    return before.model_copy(
        update={
            "format": FORMAT,
            "molecules": len(base) + len(new),
            "chunks": chunks,
            "smiles": smiles,
            "smiles_offsets": smiles_offsets,
            "charged": before.charged + added.charged,
            "rejected": grown_rows(base, new, draft, REJECTED_NAME),
            "rejected_rows": _sum(before.rejected_rows, added.rejected_rows),
            "changed": grown_rows(base, new, draft, CHANGED_NAME),
            "changed_rows": _sum(before.changed_rows, added.changed_rows),
            "examples": {**added.examples, **before.examples},
            "sources": (*before.sources, *added.sources),
            "own_columns": grown_own_columns(base, new, draft),
            "features": None,
            "digest": content_digest(base.chunk_size, (*chunks, smiles, smiles_offsets)),
        }
    )


def _chunks(base: SearchSpace, new: SearchSpace, draft: Path) -> tuple[StoredChunk, ...]:
    """Link the full chunks, and write those behind them."""
    writer = ChunkWriter(draft, base.chunk_size)
    full = len(base) // base.chunk_size
    kept = base.manifest.chunks[:full]
    for chunk in kept:
        linked(base.folder / chunk.file, draft / chunk.file)
    if len(rest := np.arange(full * base.chunk_size, len(base))):
        writer.add(base.graphs(rest))
    for number, added in enumerate(new.chunks):
        first = number * new.chunk_size
        writer.add(new.graphs(np.arange(first, first + added.molecules)))
    return (*kept, *writer.finish())


def _sum(*counts: dict[str, int]) -> dict[str, int]:
    total = sum(map(Counter, counts), Counter[str]())
    return dict(sorted(total.items()))


def _put_on_disk(folder: Path) -> None:
    """Wait until the disk has every file, because the ledger is about to rely on them."""
    for path in (folder, *folder.rglob("*")):
        with suppress(OSError):  # a file of somebody else, which is there already
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
