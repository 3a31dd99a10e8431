"""Search spaces of any size in seconds: every molecule has a name of its own, and no bonds.

Nothing here reads molecules, so a million of them costs no chemistry.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from molsteer.shared.wire.graphs import ATOM_VOCABULARY, BOND_VOCABULARY, PackedGraphs
from molsteer.steering.space.admission import DEFAULT
from molsteer.steering.space.manifest import (
    MANIFEST_NAME,
    Manifest,
    SourceRecord,
    content_digest,
)
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.space.writing import (
    CHANGED_NAME,
    REJECTED_NAME,
    ChunkWriter,
    NameTable,
    RowList,
)

ELEMENTS = "CNOF"


def synthetic_space(folder: Path, molecules: int, chunk_size: int) -> SearchSpace:
    """Write a space as `molsteer space build` does."""
    folder.mkdir()
    chunks, names = ChunkWriter(folder, chunk_size), NameTable()
    for first in range(0, molecules, chunk_size):
        smiles = [_name(number) for number in range(first, min(first + chunk_size, molecules))]
        chunks.add(_graphs(smiles))
        names.add([text.encode() for text in smiles])
    stored, tables = chunks.finish(), names.write(folder)
    with (
        RowList(folder, REJECTED_NAME, [], "reason") as rejected,
        RowList(folder, CHANGED_NAME, [], "molecule") as changed,
    ):
        rejected_file, changed_file = rejected.finish(), changed.finish()
    smiles_file, offsets = tables
    manifest = Manifest(
        molecules=molecules,
        chunk_size=chunk_size,
        chunks=stored,
        smiles=smiles_file,
        smiles_offsets=offsets,
        rdkit="none",
        admission=DEFAULT,
        charged=0,
        rejected=rejected_file,
        rejected_rows={},
        changed=changed_file,
        changed_rows={},
        examples={},
        sources=(SourceRecord(path="synthetic", sha256="0" * 64, size_bytes=0, rows=molecules),),
        digest=content_digest(chunk_size, (*stored, *tables)),
    )
    (folder / MANIFEST_NAME).write_text(manifest.model_dump_json(), encoding="utf-8")
    return SearchSpace.open(folder)


def _name(number: int) -> str:
    """Count in elements: C, N, O, F, CC, CN, ..."""
    name = ""
    while number >= 0:
        number, digit = divmod(number, len(ELEMENTS))
        name, number = ELEMENTS[digit] + name, number - 1
    return name


def _graphs(smiles: list[str]) -> PackedGraphs:
    atom_counts = np.array([len(text) for text in smiles], dtype=np.uint16)
    return PackedGraphs(
        atoms=np.zeros((int(atom_counts.sum()), len(ATOM_VOCABULARY)), dtype=np.uint8),
        bonds=np.zeros((0, len(BOND_VOCABULARY)), dtype=np.uint8),
        bond_ends=np.zeros((0, 2), dtype=np.uint16),
        atom_counts=atom_counts,
        bond_counts=np.zeros(len(smiles), dtype=np.uint16),
    )
