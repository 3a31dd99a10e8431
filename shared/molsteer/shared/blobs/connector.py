"""What our ProxyStore connectors share: keys made from content, and checks on every read."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from proxystore.serialize import BytesLike

from molsteer.shared.errors import BlobCorrupt
from molsteer.shared.wire.blob import COMMON


class ContentKey(NamedTuple):
    """The key of data in any store: whose it is and what it is, never where it lies."""

    namespace: str
    sha256: str
    size_bytes: int

    @classmethod
    def of(cls, data: BytesLike, namespace: str) -> ContentKey:
        """Compute the key of data."""
        return cls(namespace, hashlib.sha256(data).hexdigest(), len(data))


class ContentConnector(ABC):
    """A ProxyStore `Connector` whose keys are digests.

    Its configuration holds no secrets and cannot rebuild it: each process opens its own stores from
    its own settings, and proxies never leave their process.
    """

    @abstractmethod
    def locate(self, key: ContentKey) -> str:
        """Name the place of data inside the store, for references and messages."""

    @abstractmethod
    def read(self, key: ContentKey) -> bytes | None:
        """Read what is stored under a key, unchecked; None if there is nothing.

        Of data that is larger than its key says, no more than one byte beyond is read.
        """

    def is_near(self, key: ContentKey) -> bool:  # noqa: ARG002 - most stores keep nothing
        """Tell whether reading finds the data on this machine without asking the store."""
        return False

    def take_ahead_s(self, key: ContentKey) -> float | None:  # noqa: ARG002 - likewise
        """Tell, once, how long fetching took where that was done before anybody asked; or None."""
        return None

    @abstractmethod
    def write(self, key: ContentKey, data: BytesLike) -> None:
        """Store data whole or not at all; repeating it is harmless."""

    @abstractmethod
    def exists(self, key: ContentKey) -> bool:
        """Tell whether there is something under a key."""

    @abstractmethod
    def evict(self, key: ContentKey) -> None:
        """Remove data; a key that holds nothing is passed over."""

    def evict_all(self, keys: Sequence[ContentKey]) -> None:
        """Remove several pieces of data; keys that hold nothing are passed over."""
        for key in keys:
            self.evict(key)

    @abstractmethod
    def clear(self, namespace: str) -> None:
        """Remove all data of a namespace."""

    @abstractmethod
    def close(self) -> None:
        """Release connections; stored data stays."""

    def get(self, key: ContentKey) -> bytes | None:
        """Read and check data.

        Raises:
            BlobCorrupt: If size or digest are not those of the key.
        """
        data = self.read(key)
        if data is None:
            return None
        if len(data) != key.size_bytes:
            found = "longer" if len(data) > key.size_bytes else f"{len(data)} bytes long"
            raise BlobCorrupt(self.locate(key), f"{found} instead of {key.size_bytes}")
        if ContentKey.of(data, key.namespace) != key:
            raise BlobCorrupt(self.locate(key), "its SHA-256 digest is another one")
        return data

    def get_batch(self, keys: Sequence[ContentKey]) -> list[BytesLike | None]:
        """Read and check several pieces of data; raises like `get`."""
        return [self.get(key) for key in keys]

    def put(self, obj: BytesLike, *, namespace: str = COMMON) -> ContentKey:
        """Store data and give its key."""
        key = ContentKey.of(obj, namespace)
        self.write(key, obj)
        return key

    def put_batch(self, objs: Sequence[BytesLike], *, namespace: str = COMMON) -> list[ContentKey]:
        """Store several pieces of data."""
        return [self.put(obj, namespace=namespace) for obj in objs]

    def config(self) -> dict[str, str]:
        """Describe the connector, without secrets."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, str]) -> ContentConnector:
        """Refuse: a connector is opened from settings.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(f"{cls.__name__} is opened from settings, not from {config}.")
