"""Molecules files to a search space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
from rdkit import rdBase

from molsteer.shared.foreign_text import visible
from molsteer.shared.host.cores import usable_cores
from molsteer.shared.host.files.whole_folders import staged
from molsteer.steering.space.admission import DEFAULT, Admission, Change
from molsteer.steering.space.digesting import Digested, digest_all
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.files.sources import MoleculesFile, Row
from molsteer.steering.space.manifest import (
    MANIFEST_NAME,
    Manifest,
    SourceRecord,
    content_digest,
)
from molsteer.steering.space.molecules import Reason
from molsteer.steering.space.own_columns import OwnColumnsWriter
from molsteer.steering.space.progress import Progress, ignore
from molsteer.steering.space.rows_of_space import RowsOfSpace
from molsteer.steering.space.writing import (
    CHANGED_NAME,
    REJECTED_NAME,
    ChunkWriter,
    NameTable,
    RowList,
)

_BATCH_SIZE = 1_000
NONE_THERE: Mapping[bytes, int] = {}
_SHOWN = 60
"""Characters of an example."""


def build(
    sources: Sequence[Path | RowsOfSpace],
    folder: Path,
    *,
    chunk_size: int,
    admission: Admission = DEFAULT,
    processes: int | None = None,
    replace: bool = False,
    smiles_column: str | None = None,
    on_progress: Callable[[Progress], None] = ignore,
    there: Mapping[bytes, int] = NONE_THERE,
) -> Manifest:
    """Build a search space; the folder appears when it is complete, or not at all.

    The same rows in the same order give the same files, whatever the number of processes.

    Args:
        sources: Molecules files, see `MoleculesFile`, or another space; this one keeps their order.
        folder: The folder to make.
        chunk_size: Molecules in every chunk but the last.
        admission: Which molecules are taken in.
        processes: How many read molecules at a time; one for each core by default.
        replace: Whether to replace a search space that is in the folder already.
        smiles_column: Heading or number of the column of SMILES in the files; found by its
            heading if None.
        on_progress: Called after every batch of rows.
        there: Molecules that are searched already, by their SMILES, and their numbers; they are
            left out as duplicates.

    Raises:
        UnreadableSource: If a file is missing, of unknown format or damaged.
        RefusedFolder: If the folder exists, or cannot be written.
        SpaceError: If no molecule is usable, or a building process died.
    """
    files = [
        MoleculesFile(source, number, smiles_column) if isinstance(source, Path) else source
        for number, source in enumerate(sources)
    ]
    paths = [file.path for file in files]
    with staged(folder, replace_if_holds=MANIFEST_NAME if replace else None) as draft:
        with (
            RowList(draft, REJECTED_NAME, paths, "reason") as rejected,
            RowList(draft, CHANGED_NAME, paths, "molecule") as changed,
        ):
            intake = _Intake(draft, files, chunk_size, rejected, changed, there)
            batches, readers = _batches(files), processes or usable_cores()
            for rows, digested in digest_all(batches, readers, admission):
                intake.add(rows, digested)
                on_progress(intake.progress())
            manifest = intake.finish(admission)
        (draft / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    return manifest


class _Intake:
    """Takes batches in, leaves out what is unusable or there already, and writes the rest."""

    def __init__(
        self,
        draft: Path,
        files: Sequence[MoleculesFile | RowsOfSpace],
        chunk_size: int,
        rejected: RowList,
        changed: RowList,
        there: Mapping[bytes, int],
    ) -> None:
        self._draft, self._files, self._chunk_size = draft, files, chunk_size
        self._rejected, self._changed, self._there = rejected, changed, there
        self._chunks = ChunkWriter(draft, chunk_size)
        self._names = NameTable()
        self._own = OwnColumnsWriter(draft, [file.columns() for file in files])
        self._first_places: dict[bytes, int] = {}
        self._charged = 0
        self._rejected_rows: Counter[str] = Counter()
        self._changed_rows: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        self._source_rows: Counter[int] = Counter()

    def add(self, rows: list[Row], digested: Digested) -> None:
        usable = []
        for row, reason in zip(rows, digested.reasons, strict=True):
            self._source_rows[row.source] += 1
            if reason is None:
                usable.append(row)
            elif row.problem:
                self._reject(
                    row, Reason.TOO_MANY_CELLS, row.problem.removeprefix(Reason.TOO_MANY_CELLS)
                )
            else:
                self._reject(row, reason)
        new = [
            index
            for index, (row, smiles) in enumerate(zip(usable, digested.smiles, strict=True))
            if self._is_new(row, smiles)
        ]
        for index in new:
            if change := digested.changes[index]:
                self._note_change(usable[index], change, digested.smiles[index].decode())
        self._charged += sum(digested.charges[index] != 0 for index in new)
        self._chunks.add(digested.graphs.take(np.array(new, dtype=np.int64)))
        self._names.add([digested.smiles[index] for index in new])
        self._own.add((usable[index].source, usable[index].cells) for index in new)

    def progress(self) -> Progress:
        return Progress(
            rows=self._source_rows.total(),
            molecules=len(self._first_places),
            bytes_read=sum(file.bytes_read for file in self._files),
            bytes_total=sum(file.size_bytes for file in self._files),
        )

    def finish(self, admission: Admission) -> Manifest:
        if not self._first_places:
            raise SpaceError(self._why_empty())
        chunks = self._chunks.finish()
        smiles, smiles_offsets = self._names.write(self._draft)
        contents = (*chunks, smiles, smiles_offsets)
        return Manifest(
            molecules=len(self._first_places),
            chunk_size=self._chunk_size,
            chunks=chunks,
            smiles=smiles,
            smiles_offsets=smiles_offsets,
            rdkit=rdBase.rdkitVersion,
            admission=admission,
            charged=self._charged,
            rejected=self._rejected.finish(),
            rejected_rows=dict(sorted(self._rejected_rows.items())),
            changed=self._changed.finish(),
            changed_rows=dict(sorted(self._changed_rows.items())),
            examples=self._examples,
            sources=tuple(self._source_record(file) for file in self._files),
            own_columns=self._own.finish(),
            digest=content_digest(self._chunk_size, contents),
        )

    def _is_new(self, row: Row, smiles: bytes) -> bool:
        """Keep the place of each molecule as one integer: millions of them are held."""
        if (number := self._there.get(smiles)) is not None:
            self._reject(row, Reason.DUPLICATE, f" of molecule {number}: {smiles.decode()}")
            return False
        place = row.line * len(self._files) + row.source
        first_place = self._first_places.setdefault(smiles, place)
        if first_place == place:
            return True
        line, source = divmod(first_place, len(self._files))
        elsewhere = "" if source == row.source else f" of {self._files[source].path}"
        self._reject(row, Reason.DUPLICATE, f" of line {line}{elsewhere}: {smiles.decode()}")
        return False

    def _reject(self, row: Row, reason: Reason, detail: str = "") -> None:
        self._rejected_rows[reason.value] += 1
        self._rejected.add(row, f"{reason}{detail}")
        if reason not in self._examples:
            self._examples[reason.value] = f"{self._place(row)}{detail and f', {reason}{detail}'}"

    def _note_change(self, row: Row, change: Change, smiles: str) -> None:
        self._changed_rows[change.value] += 1
        self._changed.add(row, smiles)
        self._examples.setdefault(change.value, f"{self._place(row)}, now {smiles}")

    def _place(self, row: Row) -> str:
        file = f" of {self._files[row.source].path}" if len(self._files) > 1 else ""
        text = row.smiles if len(row.smiles) <= _SHOWN else f"{row.smiles[:_SHOWN]}..."
        return f"{text!r} in line {row.line}{file}"

    def _source_record(self, file: MoleculesFile | RowsOfSpace) -> SourceRecord:
        return SourceRecord(
            path=visible(str(file.path)),
            sha256=file.sha256(),
            size_bytes=file.size_bytes,
            rows=self._source_rows[file.number],
        )

    def _why_empty(self) -> str:
        names = ", ".join(str(file.path) for file in self._files)
        counts = ", ".join(
            f"{count} {kind}, such as {self._examples[kind]}"
            for kind, count in self._rejected_rows.items()
        )
        return (
            f"There is no usable molecule in {names} (rows left out: {counts or 'none'}). "
            f"Give at least one SMILES of a single molecule of two atoms or more; if another "
            f"column holds the SMILES, name it with --smiles-column."
        )


def _batches(files: Sequence[MoleculesFile | RowsOfSpace]) -> Iterator[list[Row]]:
    rows = chain.from_iterable(file.rows() for file in files)
    while batch := list(islice(rows, _BATCH_SIZE)):
        yield batch
