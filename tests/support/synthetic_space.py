"""Search spaces of any size in seconds: every molecule has a name of its own, and no bonds.

Nothing here reads molecules, so a million of them costs no chemistry.
"""

from __future__ import annotations

from pathlib import Path
from string import ascii_uppercase

import numpy as np

from molsteer.shared.graphs import ATOM_VOCABULARY, BOND_VOCABULARY, PackedGraphs
from molsteer.steering.space.manifest import (
    MANIFEST_NAME,
    Manifest,
    SourceRecord,
    content_digest,
)
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.space.writing import ChunkWriter, NameTable, RejectedList

ELEMENTS = "CNOF"


def synthetic_space(folder: Path, molecules: int, chunk_size: int) -> SearchSpace:
    """Write a space as `molsteer space build` does."""
    folder.mkdir()
    chunks, names = ChunkWriter(folder, chunk_size), NameTable()
    for first in range(0, molecules, chunk_size):
        smiles = [_name(number) for number in range(first, min(first + chunk_size, molecules))]
        chunks.add(_graphs(smiles))
        names.add(
            [text.encode() for text in smiles],
            [_inchikey(first + row).encode() for row in range(len(smiles))],
        )
    stored, tables = chunks.finish(), names.write(folder)
    with RejectedList(folder, []) as rejected:
        rejected_file = rejected.finish()
    smiles_file, offsets, inchikeys = tables
    manifest = Manifest(
        molecules=molecules,
        chunk_size=chunk_size,
        chunks=stored,
        smiles=smiles_file,
        smiles_offsets=offsets,
        inchikeys=inchikeys,
        rejected=rejected_file,
        rejected_rows={},
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


def _inchikey(number: int) -> str:
    letters = "".join(ascii_uppercase[int(digit)] for digit in f"{number:014d}")
    return f"{letters}-UHFFFAOYSA-N"


def _graphs(smiles: list[str]) -> PackedGraphs:
    atom_counts = np.array([len(text) for text in smiles], dtype=np.uint16)
    return PackedGraphs(
        atoms=np.zeros((int(atom_counts.sum()), len(ATOM_VOCABULARY)), dtype=np.uint8),
        bonds=np.zeros((0, len(BOND_VOCABULARY)), dtype=np.uint8),
        bond_ends=np.zeros((0, 2), dtype=np.uint16),
        atom_counts=atom_counts,
        bond_counts=np.zeros(len(smiles), dtype=np.uint16),
    )
