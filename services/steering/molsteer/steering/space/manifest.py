"""`space.json`: what a folder that holds a search space says about itself."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, ValidationError, model_validator

from molsteer.shared.foreign_text import shell_word
from molsteer.shared.wire.base import Message
from molsteer.shared.wording import counted, wording
from molsteer.steering.errors import LEDGER_FILE
from molsteer.steering.space.admission import Admission
from molsteer.steering.space.errors import REBUILD, DamagedSpace, OtherAdmission

FORMAT: Final = 3
"""Chunks of format 2 hold graphs as `PackedGraphs.to_arrays` gives them, and are read as well."""
_READ = (2, FORMAT)
MANIFEST_NAME = "space.json"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^((chunks|features)/)?[a-z0-9_]+\.[a-z]+$")]


class StoredFile(Message):
    """A file of the space.

    Attributes:
        file: Its name, from the folder of the space.
        sha256: Digest of its content.
        size_bytes: Its size.
    """

    file: FileName
    sha256: Sha256
    size_bytes: NonNegativeInt


class StoredChunk(StoredFile):
    """Packed graphs of consecutive molecules.

    Attributes:
        molecules: How many there are.
    """

    molecules: PositiveInt


class OwnColumns(Message):
    """The users' own columns of the molecules files, beside that of the SMILES.

    Attributes:
        headings: Of all files together; a heading that several files have stands for one column.
        cells: A line for each molecule, which is a JSON list of its cells, one for each heading.
        offsets: Where each line begins, and where the last one ends; int64, npy.
    """

    headings: tuple[str, ...] = Field(min_length=1)
    cells: StoredFile
    offsets: StoredFile


class StoredFeatures(Message):
    """Features of the molecules, which surrogates read that do not read graphs.

    Attributes:
        version: What the numbers mean, see `molsteer.shared.wire.arrays.features`.
        rdkit: Version of RDKit that they come from; another may give other numbers.
        descriptors, electronic: Names of the columns.
        chunks: The files of those of each chunk of molecules, in order.
    """

    version: PositiveInt
    rdkit: str
    descriptors: tuple[str, ...]
    electronic: tuple[str, ...]
    chunks: tuple[StoredChunk, ...]

    @property
    def bytes_per_molecule(self) -> float:
        """How much those of one molecule take on disk."""
        return sum(chunk.size_bytes for chunk in self.chunks) / sum(
            chunk.molecules for chunk in self.chunks
        )


class SourceRecord(Message):
    """A molecules file that the space was built from.

    Attributes:
        path: Where it was.
        sha256: Digest of its content.
        size_bytes: Its size.
        rows: Rows that were read, usable or not.
    """

    path: str
    sha256: Sha256
    size_bytes: NonNegativeInt
    rows: NonNegativeInt


class Manifest(Message):
    """Everything about a space but the molecules themselves.

    Attributes:
        format: Version of this document.
        molecules: How many there are.
        chunk_size: Molecules in every chunk but the last.
        chunks: The files of their graphs, in order.
        smiles: Canonical isomeric SMILES, by which molecules are told apart, one behind the other;
            uint8, npy.
        smiles_offsets: Where each SMILES begins, and where the last one ends; int64, npy.
        rdkit: Version of RDKit that wrote them; another may write some molecules otherwise.
        admission: Which molecules were taken in.
        charged: Molecules with a charge.
        rejected: The rows left out, with their place and reason; csv.
        rejected_rows: How many rows were left out, by reason.
        changed: The rows whose molecule is one of several that were written, with their place; csv.
        changed_rows: How many of these there are, by change.
        examples: The first row of each reason and change, in words.
        sources: The molecules files, in order.
        own_columns: What else the files say of the molecules; None if nothing.
        features: Features of the molecules, if they were computed.
        digest: Digest of the molecules and their order, whatever files they came from.
    """

    format: Literal[2, 3] = FORMAT
    molecules: PositiveInt
    chunk_size: PositiveInt
    chunks: tuple[StoredChunk, ...] = Field(min_length=1)
    smiles: StoredFile
    smiles_offsets: StoredFile
    rdkit: str
    admission: Admission
    charged: NonNegativeInt
    rejected: StoredFile
    rejected_rows: dict[str, PositiveInt]
    changed: StoredFile
    changed_rows: dict[str, PositiveInt]
    examples: dict[str, str]
    sources: tuple[SourceRecord, ...] = Field(min_length=1)
    own_columns: OwnColumns | None = None
    features: StoredFeatures | None = None
    digest: Sha256

    @model_validator(mode="after")
    def _check_counts(self) -> Self:
        *full, last = (chunk.molecules for chunk in self.chunks)
        if any(count != self.chunk_size for count in full) or last > self.chunk_size:
            raise ValueError("its chunks are not of one size")
        if sum(full) + last != self.molecules:
            raise ValueError("its chunks do not hold its molecules")
        if self.features and [chunk.molecules for chunk in self.features.chunks] != [*full, last]:
            raise ValueError("its features are not of its molecules")
        return self

    @property
    def rows(self) -> int:
        """Rows of the input."""
        return sum(source.rows for source in self.sources)

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """Every file of the folder but this one, and but the features."""
        tables = (self.smiles, self.smiles_offsets, self.rejected, self.changed)
        own = (self.own_columns.cells, self.own_columns.offsets) if self.own_columns else ()
        return (*self.chunks, *tables, *own)


def content_digest(chunk_size: int, contents: tuple[StoredFile, ...]) -> str:
    """Name the molecules of a space by the digests of the files that hold them."""
    lines = [f"{FORMAT} {chunk_size}", *(stored.sha256 for stored in contents)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def features_cure(folder: Path) -> str:
    """Tell how the features of a space are computed, or computed again."""
    return f"Compute them with: molsteer space features {shell_word(folder)}"


def read_manifest(folder: Path, *, features: bool = True) -> Manifest:
    """Read the manifest of a folder and check that its files are there in full length.

    Args:
        folder: What `build` made.
        features: Whether to check the files of features.

    Raises:
        DamagedSpace: If it is no space, of another format, or incomplete.
    """
    try:
        document = (folder / MANIFEST_NAME).read_bytes()
    except OSError as error:
        if (folder / LEDGER_FILE).is_file():
            cure = f"Go on with it: molsteer continue {shell_word(folder)}"
            raise DamagedSpace(folder, "it is the run directory of a campaign", cure) from error
        reason = f"its {MANIFEST_NAME} cannot be read ({error.strerror})"
        raise DamagedSpace(folder, reason, _BUILD) from error
    try:
        manifest = Manifest.model_validate_json(document)
    except ValidationError as error:
        raise DamagedSpace(folder, _why_unreadable(document, error)) from error
    for stored in manifest.files:
        _check_size(folder, stored)
    if manifest.features and features:
        for stored in manifest.features.chunks:
            _check_size(folder, stored, features_cure(folder))
    return manifest


def check_admission(folder: Path, manifest: Manifest, wanted: Admission) -> None:
    """See that a space holds no other molecules than are wanted.

    Settings for the building of a space are not ignored where it was built before.

    Raises:
        OtherAdmission: If it was built otherwise.
    """
    if wanted.charged == "leave-out" and manifest.charged:
        problem = f"it holds {counted(manifest.charged, 'charged molecule')}"
        raise OtherAdmission(folder, problem, "charged", wanted.charged)
    if wanted.salts not in ("leave-out", manifest.admission.salts):
        problem = f"it was built with salts = {manifest.admission.salts!r}"
        raise OtherAdmission(folder, problem, "salts", wanted.salts)


def is_replaced(folder: Path, digest: str) -> bool:
    """Tell whether a folder holds a space now, and not the one of this digest."""
    try:
        return read_manifest(folder).digest != digest
    except DamagedSpace:
        return False


_BUILD = "Build one with: molsteer space build"


def _why_unreadable(document: bytes, error: ValidationError) -> str:
    try:
        found = json.loads(document)["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = FORMAT
    if found not in _READ:
        return f"it has format {found!r}, and this version of molsteer reads formats 2 and {FORMAT}"
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the document"
    return f"its {MANIFEST_NAME} is damaged at {place} ({wording(first)})"


def _check_size(folder: Path, stored: StoredFile, cure: str = REBUILD) -> None:
    try:
        size_bytes = (folder / stored.file).stat().st_size
    except OSError as error:
        raise DamagedSpace(folder, f"its file {stored.file} is missing", cure) from error
    if size_bytes != stored.size_bytes:
        reason = f"its file {stored.file} has {size_bytes} bytes, not {stored.size_bytes}"
        raise DamagedSpace(folder, reason, cure)
