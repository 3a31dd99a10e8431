"""Files of weights: those that a user gives to begin with, and those that an export hands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from molsteer.shared.blobs import codecs
from molsteer.shared.errors import BlobCorrupt
from molsteer.shared.wire.ensemble import Manifest, Tensors, WrongFormat, from_arrays, to_arrays

_KERAS = (".h5", ".hdf5", ".keras")
_HDF5 = b"\x89HDF\r\n\x1a\n"


class NoWeights(ValueError):
    """A file without weights of the built-in network; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Members of an ensemble of the built-in network."""

    manifest: Manifest
    tensors: Tensors

    @property
    def members(self) -> int:
        """How many there are."""
        return len(self.manifest.members)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the tensors of one member, by name."""
        return {name: tensor.shape[1:] for name, tensor in self.tensors.items()}

    def to_bytes(self) -> bytes:
        """Write what `read_weights` reads; equal weights give equal bytes."""
        return codecs.encode(to_arrays(self.manifest, self.tensors), "safetensors")


def read_weights(path: Path) -> Weights:
    """Read weights as run directories and exports hold them.

    Whether the tensors are all that the network wants, only those can tell who have it.

    Raises:
        NoWeights: If the file cannot be read, or holds something else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NoWeights(f"It cannot be read: {error.strerror}. Check the path.") from None
    if path.suffix.lower() in _KERAS or data.startswith(_HDF5):
        raise NoWeights(
            "Keras models cannot be read. Give the labels that it was trained on with "
            "--training-set instead; models of our own are then trained on them at the start."
        )
    try:
        manifest, tensors = from_arrays(codecs.decode_arrays(data, str(path)))
    except BlobCorrupt as error:
        raise NoWeights(f"It is not a complete safetensors file. {error}") from None
    except WrongFormat as error:
        raise NoWeights(
            f"Another version of molsteer wrote it: {error}. Train again with this version, see "
            f"`molsteer version`, or begin with the version that wrote it."
        ) from None
    except ValueError as error:
        raise NoWeights(
            f"It holds no weights of the built-in network: {error}. Give files from the folder "
            f"models of a run directory, or from `molsteer export --format safetensors`."
        ) from None
    lengths = {tensor.shape[:1] for tensor in tensors.values()}
    fits = lengths == {(len(manifest.members),)}
    if not fits or not all(np.isfinite(tensor).all() for tensor in tensors.values()):
        raise NoWeights("It is damaged: its numbers do not fit its manifest. Export it again.")
    return Weights(manifest, tensors)


def stacked(parts: Sequence[Weights]) -> Weights:
    """Put members together as one ensemble, in their order, numbered from 0.

    Args:
        parts: Members of one architecture, with tensors of the same shapes.
    """
    manifest = parts[0].manifest.model_copy(
        update={
            "members": tuple(range(sum(part.members for part in parts))),
            "generation": max(part.manifest.generation for part in parts),
        }
    )
    return Weights(
        manifest,
        {name: np.concatenate([part.tensors[name] for part in parts]) for name in parts[0].tensors},
    )
