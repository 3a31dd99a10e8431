"""Molecules files to a search space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np

from molsteer.shared.cores import usable_cores
from molsteer.steering.space.digesting import Digested, digest_all
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.manifest import (
    MANIFEST_NAME,
    Manifest,
    SourceRecord,
    content_digest,
)
from molsteer.steering.space.molecules import Reason
from molsteer.steering.space.progress import Progress, ignore
from molsteer.steering.space.sources import MoleculesFile, Row
from molsteer.steering.space.writing import ChunkWriter, NameTable, RejectedList
from molsteer.steering.staging import staged

_BATCH_SIZE = 1_000


def build(
    sources: Sequence[Path],
    folder: Path,
    *,
    chunk_size: int,
    processes: int | None = None,
    replace: bool = False,
    on_progress: Callable[[Progress], None] = ignore,
) -> Manifest:
    """Build a search space; the folder appears when it is complete, or not at all.

    The same rows in the same order give the same files, whatever the number of processes.

    Args:
        sources: Molecules files, see `MoleculesFile`; the space keeps their order.
        folder: The folder to make.
        chunk_size: Molecules in every chunk but the last.
        processes: How many read molecules at a time; one for each core by default.
        replace: Whether to replace a search space that is in the folder already.
        on_progress: Called after every batch of rows.

    Raises:
        UnreadableSource: If a file is missing, of unknown format or damaged.
        RefusedFolder: If the folder exists, or cannot be written.
        SpaceError: If no molecule is usable, or a building process died.
    """
    files = [MoleculesFile(path, number) for number, path in enumerate(sources)]
    with staged(folder, replace_if_holds=MANIFEST_NAME if replace else None) as draft:
        with RejectedList(draft, sources) as rejected:
            intake = _Intake(draft, files, chunk_size, rejected)
            for rows, digested in digest_all(_batches(files), processes or usable_cores()):
                intake.add(rows, digested)
                on_progress(intake.progress())
            manifest = intake.finish()
        (draft / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    return manifest


class _Intake:
    """Takes batches in, leaves out what is unusable or there already, and writes the rest."""

    def __init__(
        self,
        draft: Path,
        files: Sequence[MoleculesFile],
        chunk_size: int,
        rejected: RejectedList,
    ) -> None:
        self._draft, self._files, self._chunk_size = draft, files, chunk_size
        self._rejected = rejected
        self._chunks = ChunkWriter(draft, chunk_size)
        self._names = NameTable()
        self._first_places: dict[bytes, int] = {}
        self._rejected_rows: Counter[str] = Counter()
        self._source_rows: Counter[int] = Counter()

    def add(self, rows: list[Row], digested: Digested) -> None:
        usable = []
        for row, reason in zip(rows, digested.reasons, strict=True):
            self._source_rows[row.source] += 1
            if reason is None:
                usable.append(row)
            else:
                self._reject(row, reason, reason)
        new = [
            index
            for index, (row, inchikey) in enumerate(zip(usable, digested.inchikeys, strict=True))
            if self._is_new(row, inchikey)
        ]
        self._chunks.add(digested.graphs.take(np.array(new, dtype=np.int64)))
        self._names.add(
            [digested.smiles[index] for index in new],
            [digested.inchikeys[index] for index in new],
        )

    def progress(self) -> Progress:
        return Progress(
            rows=self._source_rows.total(),
            molecules=len(self._first_places),
            bytes_read=sum(file.bytes_read for file in self._files),
            bytes_total=sum(file.size_bytes for file in self._files),
        )

    def finish(self) -> Manifest:
        if not self._first_places:
            raise SpaceError(self._why_empty())
        chunks = self._chunks.finish()
        smiles, smiles_offsets, inchikeys = self._names.write(self._draft)
        contents = (*chunks, smiles, smiles_offsets, inchikeys)
        return Manifest(
            molecules=len(self._first_places),
            chunk_size=self._chunk_size,
            chunks=chunks,
            smiles=smiles,
            smiles_offsets=smiles_offsets,
            inchikeys=inchikeys,
            rejected=self._rejected.finish(),
            rejected_rows=dict(sorted(self._rejected_rows.items())),
            sources=tuple(self._source_record(file) for file in self._files),
            digest=content_digest(self._chunk_size, contents),
        )

    def _is_new(self, row: Row, inchikey: bytes) -> bool:
        """Keep the place of each InChIKey as one integer: millions of them are held."""
        place = row.line * len(self._files) + row.source
        first_place = self._first_places.setdefault(inchikey, place)
        if first_place == place:
            return True
        line, source = divmod(first_place, len(self._files))
        elsewhere = "" if source == row.source else f" of {self._files[source].path}"
        self._reject(row, Reason.DUPLICATE, f"{Reason.DUPLICATE} of line {line}{elsewhere}")
        return False

    def _reject(self, row: Row, kind: Reason, reason: str) -> None:
        self._rejected_rows[kind.value] += 1
        self._rejected.add(row, reason)

    def _source_record(self, file: MoleculesFile) -> SourceRecord:
        return SourceRecord(
            path=str(file.path),
            sha256=file.sha256(),
            size_bytes=file.size_bytes,
            rows=self._source_rows[file.number],
        )

    def _why_empty(self) -> str:
        names = ", ".join(str(file.path) for file in self._files)
        counts = ", ".join(f"{count} {kind}" for kind, count in self._rejected_rows.items())
        return (
            f"There is no usable molecule in {names} (rows left out: {counts or 'none'}). "
            f"Give at least one SMILES of a single molecule with a heavy atom."
        )


def _batches(files: Sequence[MoleculesFile]) -> Iterator[list[Row]]:
    rows = chain.from_iterable(file.rows() for file in files)
    while batch := list(islice(rows, _BATCH_SIZE)):
        yield batch
