"""Where large data lives: the port that every blob store fulfils."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.blob import Blob, Codec, ObjRef, Placement, Transfer

Arrays = Mapping[str, npt.NDArray[np.generic]]
"""Named arrays of numbers, the value of the codec `safetensors`."""

Packable = Arrays | bytes | object
"""What a codec can write: named arrays, bytes, or a tree of plain values (msgpack)."""


class Blobs(Protocol):
    """Puts large data aside and gets it back, whatever store it is in.

    Stores are content-addressed: putting the same data twice gives equal references and is
    harmless, and data never changes under a reference. Every read is checked against the
    reference's size and digest.
    """

    def put(self, value: Packable, codec: Codec, placement: Placement) -> Blob:
        """Encode a value and store it, or return it inline if it is small.

        Raises:
            TypeError: If the codec cannot write the value.
            UnknownStore: If this process does not know the placement's store.
            ServiceUnavailable: If the store does not answer.
        """
        ...

    def arrays(self, blob: Blob) -> dict[str, npt.NDArray[np.generic]]:
        """Read a blob written with the codec `safetensors`.

        Raises:
            BlobMissing: If nothing is stored under the key.
            BlobCorrupt: If the bytes do not match the reference, or are of another codec.
            UnknownStore: If this process does not know the store.
        """
        ...

    def tree(self, blob: Blob) -> object:
        """Read a blob written with the codec `msgpack`; raises like `arrays`."""
        ...

    def adopt(self, file: Path, codec: Codec, sha256: str, placement: Placement) -> Blob:
        """Put an encoded file as it is, without reading it where the store can link to it.

        Args:
            file: A file that is never written again.
            codec: How its bytes are read.
            sha256: Its digest, taken on trust; whoever reads the blob checks it.
            placement: Where it goes.

        Raises:
            UnknownStore: If this process does not know the placement's store.
            ServiceUnavailable: If the store does not answer.
        """
        ...

    def raw(self, blob: Blob) -> bytes:
        """Read a blob's bytes, checked but not decoded; raises like `arrays`."""
        ...

    def exists(self, ref: ObjRef) -> bool:
        """Tell whether the data is in its store now, asking the store and no cache."""
        ...

    def evict(self, refs: Iterable[ObjRef]) -> None:
        """Remove data; keys that hold nothing and stores that are not known are passed over."""
        ...

    def clear(self, namespace: str) -> None:
        """Remove all data of a namespace from every store of this process."""
        ...

    def take_transfers(self) -> tuple[Transfer, ...]:
        """Tell what was put and read since this was last asked; data inside messages is not."""
        ...

    def close(self) -> None:
        """Release connections; stored data stays."""
        ...
