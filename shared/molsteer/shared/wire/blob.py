"""How messages name large data: inline below a threshold, by key above it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.bounds import Count, Duration, Ordinal, SizeBytes

Codec = Literal["safetensors", "msgpack", "raw"]
"""How bytes are read: named arrays, a tree of plain values, or as they are."""

StoreName = Literal["redis", "file", "globus", "endpoint"]
"""A kind of blob store; each process resolves the name with its own settings."""

Namespace = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""Whose data it is: all data of a namespace can be removed together."""

COMMON = "common"
"""The namespace of data that nobody claims."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ObjRef(Message):
    """A key into a blob store, with what is needed to check the data behind it."""

    kind: Literal["ref"] = "ref"
    store: StoreName
    namespace: Namespace = COMMON
    key: str = Field(min_length=1, max_length=512)
    codec: Codec
    sha256: Sha256
    size_bytes: SizeBytes


class Inline(Message):
    """Data small enough to travel in the message itself."""

    kind: Literal["inline"] = "inline"
    codec: Codec
    data: bytes = Field(repr=False)

    @property
    def size_bytes(self) -> int:
        """Size of the encoded data."""
        return len(self.data)


Blob = Annotated[ObjRef | Inline, Field(discriminator="kind")]
"""Large data in a message."""


class Placement(Message):
    """Where a producer puts its data.

    Attributes:
        store: The store for data that is too large to travel inline; None keeps all inline.
        threshold_bytes: Data of this size or more goes to the store.
        namespace: Whose data it is.
    """

    store: StoreName | None = None
    namespace: Namespace = COMMON
    threshold_bytes: NonNegativeInt = 10_000


Operation = Literal["put", "get", "cached", "ahead"]
"""Written to a store, read from it, or read from nearby instead: from this process's memory or from
what is kept; `ahead` counts once more what was kept before anybody asked for it."""


class Transfer(Message):
    """Everything that moved in one way between one process and one store.

    Attributes:
        count: How many blobs that were.
        size_bytes: Their size, all together.
        duration_s: How long it took with encoding and decoding left out, digests included. Nobody
            waited for what was fetched ahead.
    """

    store: StoreName
    operation: Operation
    count: Ordinal
    size_bytes: Count
    duration_s: Duration
