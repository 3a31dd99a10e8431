"""Computes the features of a search space that was built; they lie beside its chunks.

A file is written for each chunk when it is done, and named by its content. What was done before a
computation ended early, or before a file was damaged, is not done again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import starmap
from pathlib import Path

from pydantic import NonNegativeInt, TypeAdapter
from rdkit import rdBase
from safetensors.numpy import save

from molsteer.shared.errors import RefusedFolder
from molsteer.shared.host.cores import usable_cores
from molsteer.shared.host.files.whole_files import write_whole
from molsteer.shared.host.ordered_work import in_order
from molsteer.shared.wire.arrays.features import FEATURES, Features, join
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.features.descriptors import DESCRIPTORS
from molsteer.steering.space.features.electronic import ELECTRONIC
from molsteer.steering.space.features.featurizing import featurize_smiles
from molsteer.steering.space.files.linking import linked
from molsteer.steering.space.manifest import (
    MANIFEST_NAME,
    Manifest,
    StoredChunk,
    StoredFeatures,
    features_cure,
    read_manifest,
)
from molsteer.steering.space.progress import Progress, ignore
from molsteer.steering.space.search_space import SearchSpace

_FOLDER, _NOTE = "features", "unfinished.jsonl"
_BATCH_SIZE = 200
_NOTED = TypeAdapter(tuple[NonNegativeInt, StoredChunk])


def add_features(
    folder: Path,
    *,
    processes: int | None = None,
    on_progress: Callable[[Progress], None] = ignore,
) -> Manifest:
    """Compute the features of a search space, as far as they are not there yet.

    They are there when all are. The same molecules give the same files, whatever the number of
    processes.

    Args:
        folder: What `build` made.
        processes: How many compute at a time; one for each core by default.
        on_progress: Called after every batch of molecules.

    Raises:
        DamagedSpace: If it is no space, of another format, or incomplete.
        SpaceError: If somebody else computes them, or a computing process died.
        RefusedFolder: If the folder cannot be written.
    """
    space = SearchSpace(folder, read_manifest(folder, features=False))
    try:
        (folder / _FOLDER).mkdir(exist_ok=True)
        with _held(folder):
            return _Adding(space, on_progress).add(processes or usable_cores())
    except BrokenProcessPool as error:
        raise SpaceError(
            f"A process that computes features died, perhaps for lack of memory. Go on with fewer "
            f"of them. {features_cure(folder)} --processes 1"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise RefusedFolder(folder, reason, "Check free space and permissions.") from error


def carry_features(base: SearchSpace, chunks: int, folder: Path) -> None:
    """Let features of the first chunks of a space count as computed for one that grows from it.

    Args:
        base: The space, with features.
        chunks: How many of its chunks both have.
        folder: The other one.
    """
    features = base.manifest.features
    if features is None:
        return
    (folder / _FOLDER).mkdir()
    kept = dict(enumerate(features.chunks[:chunks]))
    for chunk in kept.values():
        linked(base.folder / chunk.file, folder / chunk.file)
    computed = features.model_copy(update={"chunks": ()})
    _write_note(folder / _FOLDER / _NOTE, computed, kept)


class _Adding:
    def __init__(self, space: SearchSpace, on_progress: Callable[[Progress], None]) -> None:
        self._space, self._on_progress = space, on_progress
        self._folder, self._note = space.folder, space.folder / _FOLDER / _NOTE
        self._computed = 0
        self._features = StoredFeatures(
            version=FEATURES,
            rdkit=rdBase.rdkitVersion,
            descriptors=DESCRIPTORS,
            electronic=ELECTRONIC,
            chunks=(),
        )

    def add(self, processes: int) -> Manifest:
        kept = self._intact()
        left = [number for number in range(len(self._space.chunks)) if number not in kept]
        self._todo = sum(self._space.chunks[number].molecules for number in left)
        if left:
            self._begin_note(kept)
        for number, features in self._computed_chunks(left, processes):
            kept[number] = self._write(features)
            self._add_to_note(number, kept[number])
        manifest = self._space.manifest.model_copy(update={"features": self._with(kept)})
        if manifest != self._space.manifest:
            write_whole(self._folder / MANIFEST_NAME, manifest.model_dump_json(indent=2).encode())
        self._tidy(manifest)
        return manifest

    def _computed_chunks(
        self, numbers: Sequence[int], processes: int
    ) -> Iterator[tuple[int, Features]]:
        done: list[Features] = []
        for number, features in in_order(featurize_smiles, self._batches(numbers), processes):
            done.append(features)
            self._computed += len(features)
            self._on_progress(Progress.of_features(self._computed, self._todo))
            if sum(map(len, done)) == self._space.chunks[number].molecules:
                yield number, join(done)
                done = []

    def _batches(self, numbers: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
        for number in numbers:
            first = number * self._space.chunk_size
            end = first + self._space.chunks[number].molecules
            for start in range(first, end, _BATCH_SIZE):
                batch = range(start, min(start + _BATCH_SIZE, end))
                yield number, [self._space.smiles(index) for index in batch]

    def _write(self, features: Features) -> StoredChunk:
        data = save(features.to_arrays())
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"{_FOLDER}/{sha256}.safetensors"
        write_whole(self._folder / name, data)
        return StoredChunk(file=name, sha256=sha256, size_bytes=len(data), molecules=len(features))

    def _with(self, chunks: Mapping[int, StoredChunk]) -> StoredFeatures:
        there = tuple(chunks[number] for number in range(len(self._space.chunks)))
        return self._features.model_copy(update={"chunks": there})

    def _intact(self) -> dict[int, StoredChunk]:
        """Give those chunks of features that are what would be computed now."""
        stored = self._space.manifest.features
        found = dict(self._read_note())
        if stored and self._features.model_copy(update={"chunks": stored.chunks}) == stored:
            found |= dict(enumerate(stored.chunks))
        return {
            number: found[number]
            for number, chunk in enumerate(self._space.chunks)
            if number in found
            and found[number].molecules == chunk.molecules
            and self._is_intact(found[number])
        }

    def _is_intact(self, chunk: StoredChunk) -> bool:
        try:
            with (self._folder / chunk.file).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == chunk.sha256
        except OSError:
            return False

    def _begin_note(self, kept: Mapping[int, StoredChunk]) -> None:
        """Begin a note of what is done: what is computed, and a line for each chunk."""
        _write_note(self._note, self._features, kept)

    def _add_to_note(self, number: int, chunk: StoredChunk) -> None:
        with self._note.open("a", encoding="ascii") as note:
            note.write(f"{_noted(number, chunk)}\n")

    def _read_note(self) -> Iterator[tuple[int, StoredChunk]]:
        """Read the note of a computation of the same that ended early, up to where it broke off."""
        try:
            first, *lines = self._note.read_bytes().splitlines()
            if StoredFeatures.model_validate_json(first) != self._features:
                return
            for line in lines:
                yield _NOTED.validate_json(line)
        except (OSError, ValueError):
            return

    def _tidy(self, manifest: Manifest) -> None:
        """Remove features of other versions, and what computations that ended early left."""
        features = manifest.features
        kept = {chunk.file for chunk in features.chunks} if features else set()
        for file in (self._folder / _FOLDER).iterdir():
            if f"{_FOLDER}/{file.name}" not in kept:
                file.unlink()


def _write_note(note: Path, computed: StoredFeatures, kept: Mapping[int, StoredChunk]) -> None:
    lines = [computed.model_dump_json(), *starmap(_noted, sorted(kept.items()))]
    write_whole(note, "".join(f"{line}\n" for line in lines).encode())


def _noted(number: int, chunk: StoredChunk) -> str:
    return _NOTED.dump_json((number, chunk)).decode()


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep others from computing the same features."""
    descriptor = os.open(folder / _FOLDER, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SpaceError(
                f"Another process computes the features of the search space {folder} now. Wait "
                f"until it is done."
            ) from None
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(descriptor)
