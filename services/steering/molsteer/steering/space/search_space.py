"""A search space on disk: opened in milliseconds, read only where it is looked at."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tokenize import TokenError

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from molsteer.shared.wire.arrays.features import FEATURES, Features
from molsteer.shared.wire.arrays.features import join as join_features
from molsteer.shared.wire.arrays.thin_graphs import graphs_in
from molsteer.shared.wire.graphs import PackedGraphs, join
from molsteer.steering.space.admission import DEFAULT, Admission
from molsteer.steering.space.errors import DamagedSpace, ReplacedSpace, SpaceError
from molsteer.steering.space.files.chunks import chunks_in, collect
from molsteer.steering.space.files.mapped import mapped_arrays
from molsteer.steering.space.files.sources import MoleculesFile
from molsteer.steering.space.manifest import (
    Manifest,
    StoredFile,
    check_admission,
    features_cure,
    is_replaced,
    read_manifest,
)
from molsteer.steering.space.own_columns import OwnCells, OwnColumnsTable
from molsteer.steering.space.progress import Progress, ignore
from molsteer.steering.space.rows_of_space import RowsOfSpace

_UNREADABLE_TABLE = (ValueError, OSError, SyntaxError, TokenError, MemoryError, RecursionError)
"""What NumPy may raise at the header of a file, which it reads like Python."""

_PRINTABLE = re.compile(rb"[!-~]+")


class SearchSpace:
    """Molecules by number: names, graphs, and the chunks that are sent out to be scored.

    Molecule `index` lies in chunk `index // chunk_size`, at row `index % chunk_size`.

    Attributes:
        folder: Where it lies.
        manifest: Counts, sources and digests.
        chunks: Its chunks in their order.
        feature_chunks: Features of the molecules of each chunk, as `Features.to_arrays` names
            them; empty where there are none of the version that is read here.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        self.chunks = chunks_in(folder, manifest.chunks)
        found = manifest.features
        known = found is not None and found.version == FEATURES
        self.feature_chunks = chunks_in(folder, found.chunks) if found and known else ()
        self._smiles_offsets = self._table(manifest.smiles_offsets, "int64", len(self) + 1)
        self._smiles = self._table(manifest.smiles, "uint8", int(self._smiles_offsets[-1]))
        self._own_columns: OwnColumnsTable | None = None
        if own := manifest.own_columns:
            offsets = self._table(own.offsets, "int64", len(self) + 1)
            self._own_columns = OwnColumnsTable(folder, own, offsets)

    @classmethod
    def open(cls, folder: Path) -> SearchSpace:
        """Open a folder that `build` made.

        The files' sizes are checked at once; a chunk's digest is checked by whoever it is sent to.

        Raises:
            DamagedSpace: If it is no space, of another format, or incomplete.
        """
        return cls(folder, read_manifest(folder))

    def __len__(self) -> int:
        return self.manifest.molecules

    @property
    def chunk_size(self) -> int:
        """Molecules in every chunk but the last."""
        return self.manifest.chunk_size

    @property
    def digest(self) -> str:
        """Digest of the molecules and their order."""
        return self.manifest.digest

    @property
    def own_headings(self) -> tuple[str, ...]:
        """Headings of the users' own columns, see `own_cells`."""
        own = self.manifest.own_columns
        return own.headings if own else ()

    @property
    def names(self) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]:
        """All SMILES, one behind the other, and where each begins and the last one ends."""
        return self._smiles, self._smiles_offsets

    def smiles(self, index: int) -> str:
        """Give the canonical SMILES of a molecule.

        Raises:
            IndexError: If the space has no such molecule.
            DamagedSpace: If what is stored is no SMILES.
        """
        index = self._checked(index)
        start, end = self._smiles_offsets[index : index + 2].tolist()
        found = self._smiles[start:end].tobytes()
        # Names are sent out and shown, so what was tampered with must not pass.
        if not _PRINTABLE.fullmatch(found):
            raise DamagedSpace(self.folder, f"its molecule {index} has the name {found[:50]!r}")
        return found.decode("ascii")

    def own_cells(self, index: int) -> OwnCells:
        """Give what the molecules file says of a molecule beside its SMILES, by heading.

        Raises:
            IndexError: If the space has no such molecule.
            DamagedSpace: If what is stored is something else.
        """
        self._checked(index)
        return self._own_columns.cells(index) if self._own_columns else {}

    def find(self, smiles: Sequence[str]) -> list[int | None]:
        """Look molecules up by their canonical isomeric SMILES; None for those not in the space."""
        wanted = {text.encode("ascii") for text in smiles}
        if not wanted:
            return []
        numbers = {name: index for index, name in self.numbered() if name in wanted}
        return [numbers.get(text.encode("ascii")) for text in smiles]

    def numbered(self) -> Iterator[tuple[int, bytes]]:
        """Go through all molecules: their numbers and SMILES."""
        names = memoryview(self._smiles.data)
        for index, (start, end) in enumerate(pairwise(self._smiles_offsets)):
            yield index, bytes(names[start:end])

    def graphs(self, indices: npt.NDArray[np.integer]) -> PackedGraphs:
        """Collect the graphs of any molecules, in the order given; they may repeat.

        Raises:
            IndexError: If the space lacks one of them.
            SpaceError: If a chunk does not hold what it should.
        """
        self._check_all(indices)
        return collect(
            indices, self.chunk_size, lambda chunk, rows: self._pack(chunk).take(rows), join
        )

    def features(self, indices: npt.NDArray[np.integer]) -> Features:
        """Collect the features of any molecules, as `graphs` does.

        Only what belongs to these molecules is read.

        Raises:
            IndexError: If the space lacks one of them.
            SpaceError: If it has no features, or a file does not hold what it should.
        """
        if not self.feature_chunks:
            cure = features_cure(self.folder)
            raise DamagedSpace(self.folder, "it has no features of its molecules", cure)
        self._check_all(indices)
        return collect(indices, self.chunk_size, self._features, join_features)

    def unreadable(self, number: int, error: Exception, *, features: bool = False) -> SpaceError:
        """Say why a chunk that was there, or features of it, cannot be read now."""
        if is_replaced(self.folder, self.digest):
            return ReplacedSpace(self.folder)
        if features:
            reason = f"the features of its chunk {number} are damaged ({error})"
            return DamagedSpace(self.folder, reason, features_cure(self.folder))
        return DamagedSpace(self.folder, f"its chunk {number} is damaged ({error})")

    def _pack(self, number: int) -> PackedGraphs:
        try:
            pack = graphs_in(load_file(self.chunks[number].path))
        except (SafetensorError, ValueError, KeyError, OSError) as error:
            raise self.unreadable(number, error) from error
        if len(pack) != self.chunks[number].molecules:
            raise DamagedSpace(self.folder, f"its chunk {number} holds {len(pack)} molecules")
        return pack

    def _features(self, number: int, rows: npt.NDArray[np.int64]) -> Features:
        chunk = self.feature_chunks[number]
        try:
            arrays = mapped_arrays(chunk.path)
            if (found := len(arrays["features.descriptors"])) != chunk.molecules:
                raise ValueError(f"it holds {found} molecules")
            return Features.from_arrays(arrays, rows)
        except (ValueError, KeyError, OSError) as error:
            raise self.unreadable(number, error, features=True) from error

    def _table(self, stored: StoredFile, dtype: str, length: int) -> npt.NDArray[np.generic]:
        try:
            table: npt.NDArray[np.generic] = np.load(
                self.folder / stored.file, mmap_mode="r", allow_pickle=False
            )
        except _UNREADABLE_TABLE as error:
            raise DamagedSpace(self.folder, f"its {stored.file} is damaged ({error})") from error
        if table.shape != (length,) or table.dtype != np.dtype(dtype):
            raise DamagedSpace(self.folder, f"its {stored.file} holds something else")
        return np.asarray(table)  # looking into a memmap makes another one each time

    def _check_all(self, indices: npt.NDArray[np.integer]) -> None:
        for index in (indices.min(), indices.max()) if indices.size else ():
            self._checked(int(index))

    def _checked(self, index: int) -> int:
        if not 0 <= index < len(self):
            raise IndexError(f"Molecule {index} is not among the {len(self)} of {self.folder}.")
        return index


def open_or_build(
    sources: Sequence[Path],
    cache_folder: Path,
    chunk_size: int,
    *,
    admission: Admission = DEFAULT,
    processes: int | None = None,
    smiles_column: str | None = None,
    on_progress: Callable[[Progress], None] = ignore,
) -> SearchSpace:
    """Open a search space, or build it from molecules files unless that was done before.

    Args:
        sources: A folder that `build` made, or molecules files.
        cache_folder: Where spaces are kept that are built here, of files or of what passes a
            filter of a folder that has none or another, each under its sources' digest.
        chunk_size: Molecules in one chunk, where the space is built here.
        admission: Which molecules are taken in; a folder must not hold others.
        processes: How many read molecules at a time; one for each core by default.
        smiles_column: Heading or number of the column of SMILES, see `build`.
        on_progress: Called now and then during a build.

    Raises:
        SpaceError: If a source cannot be opened or read, or there is no usable molecule.
    """
    folder, space = look_for(
        sources, cache_folder, chunk_size, admission=admission, smiles_column=smiles_column
    )
    if space is not None:
        return space
    from molsteer.steering.space.build import build  # RDKit, which opening does without

    cache_folder.mkdir(parents=True, exist_ok=True)
    built = [SearchSpace.open(source) for source in sources if source.is_dir()]
    build(
        [RowsOfSpace(space) for space in built] or sources,
        folder,
        chunk_size=built[0].chunk_size if built else chunk_size,
        admission=admission,
        processes=processes,
        replace=True,
        smiles_column=smiles_column,
        on_progress=on_progress,
    )
    return SearchSpace.open(folder)


def look_for(
    sources: Sequence[Path],
    cache_folder: Path,
    chunk_size: int,
    *,
    admission: Admission = DEFAULT,
    smiles_column: str | None = None,
) -> tuple[Path, SearchSpace | None]:
    """Name the folder of a search space, and open it if it was built already.

    The arguments are those of `open_or_build`.

    Raises:
        SpaceError: If a source cannot be opened or read.
    """
    if len(sources) == 1 and sources[0].is_dir():
        if smiles_column is not None:
            raise SpaceError(
                f"The search space {sources[0]} is built already, so that no column of SMILES can "
                f"be chosen. Leave --smiles-column out, or give the files it was built from."
            )
        space = SearchSpace.open(sources[0])
        check_admission(space.folder, space.manifest, admission)
        if admission.filter in (DEFAULT.filter, space.manifest.admission.filter):
            return sources[0], space
        digests, chunk_size = [space.digest], space.chunk_size
    else:
        digests = [MoleculesFile(source).sha256() for source in sources]
    read = "".join([*digests, admission.model_dump_json(), smiles_column or ""])
    folder = cache_folder / f"{hashlib.sha256(read.encode()).hexdigest()[:16]}-{chunk_size}"
    try:
        return folder, SearchSpace.open(folder)
    except DamagedSpace:  # most often there is none yet
        return folder, None
