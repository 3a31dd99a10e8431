"""Surrogates that stay loaded from one task to the next."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import assert_never

from molsteer.shared.blobs.port import Blobs
from molsteer.shared.ml.device import choose_device
from molsteer.shared.ml.loading import load
from molsteer.shared.ml.port import Surrogate
from molsteer.shared.wire.blob import Blob, Inline, ObjRef
from molsteer.shared.wire.specs import Surrogate as Kind


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Surrogates on their device, and the weights that they were built from."""

    digests: tuple[str, ...]
    surrogates: tuple[Surrogate, ...]


class LoadedSurrogates:
    """The surrogates of the last task, one set of each kind."""

    def __init__(self) -> None:
        self._of_kind: dict[Kind, _Loaded] = {}

    def forget_all_but(self, kinds: Collection[Kind]) -> None:
        """Let go of kinds that are no longer asked for."""
        for kind in self._of_kind.keys() - set(kinds):
            del self._of_kind[kind]

    def of(self, kind: Kind, weights: Sequence[Blob], blobs: Blobs) -> tuple[Surrogate, ...]:
        """Give the surrogates that weights make up, reading these if they are new.

        Raises:
            UnusableWeights: If the weights cannot be read.
            WrongArchitecture: If they are not all of one network that is known here.
            WrongFeatures: If they were trained on other features than this program computes.
            BlobError: If some are missing or damaged.
        """
        digests = tuple(_digest(blob) for blob in weights)
        found = self._of_kind.get(kind)
        if found is None or found.digests != digests:
            # Lets the old surrogate's memory go before the new one needs it.
            found = None
            self._of_kind.pop(kind, None)
            read = [blobs.arrays(blob) for blob in weights]
            found = _Loaded(digests, load(kind, read, choose_device()))
            self._of_kind[kind] = found
        return found.surrogates


def _digest(blob: Blob) -> str:
    match blob:
        case ObjRef():
            return blob.sha256
        case Inline():
            return hashlib.sha256(blob.data).hexdigest()
        case _:
            assert_never(blob)
