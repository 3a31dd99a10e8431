"""Blobs in this process's memory, for tests and for work without any server."""

from __future__ import annotations

from proxystore.serialize import BytesLike

from molsteer.shared.blobs.connector import ContentConnector, ContentKey
from molsteer.shared.blobs.proxied import ProxiedBlobs


class MemoryBlobs(ProxiedBlobs):
    """Every store that a placement can name, in memory."""

    def __init__(self) -> None:
        super().__init__({"redis": MemoryConnector(), "file": MemoryConnector()}, cache_objects=0)


class MemoryConnector(ContentConnector):
    """Keeps blobs in a dictionary."""

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}

    def locate(self, key: ContentKey) -> str:
        """Give namespace and digest."""
        return f"{key.namespace}:{key.sha256}"

    def read(self, key: ContentKey) -> bytes | None:
        """Look data up."""
        data = self._data.get(self.locate(key))
        return None if data is None else data[: key.size_bytes + 1]

    def write(self, key: ContentKey, data: BytesLike) -> None:
        """Keep data."""
        self._data[self.locate(key)] = bytes(data)

    def exists(self, key: ContentKey) -> bool:
        """Tell whether data is kept."""
        return self.locate(key) in self._data

    def evict(self, key: ContentKey) -> None:
        """Forget data."""
        self._data.pop(self.locate(key), None)

    def clear(self, namespace: str) -> None:
        """Forget the namespace's data."""
        kept = {k: data for k, data in self._data.items() if not k.startswith(f"{namespace}:")}
        self._data = kept

    def close(self) -> None:
        """Do nothing."""
