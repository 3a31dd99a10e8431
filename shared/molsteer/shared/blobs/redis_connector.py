"""Blobs in Redis, with what ProxyStore's own connector lacks: password, prefix and expiry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from proxystore.serialize import BytesLike

from molsteer.shared.blobs.connector import ContentConnector, ContentKey
from molsteer.shared.bus.connection import as_bytes, connect, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.server_url import ServerUrl

_SCANNED_AT_ONCE = 1000

_LARGE_BYTES = 500_000
"""What any line carries in the time that every command has."""


class RedisConnector(ContentConnector):
    """Keeps each blob as a Redis string that expires.

    Args:
        url: The server; its password stays in this process.
        prefix: Begins every key.
        expire_s: Seconds after which data is forgotten; putting it again starts anew.
    """

    def __init__(self, url: ServerUrl, prefix: str, expire_s: int) -> None:
        self._url, self._keys, self._expire_s = url, Keys(prefix), expire_s
        self._client = connect(url)

    def locate(self, key: ContentKey) -> str:
        """Give the Redis key."""
        return self._keys.blob(key.namespace, key.sha256)

    def read(self, key: ContentKey) -> bytes | None:
        """Read a string."""
        with reaching(self._url):
            data = as_bytes(self._client.getrange(self.locate(key), 0, key.size_bytes))
            return data if data or self._client.exists(self.locate(key)) else None

    def write(self, key: ContentKey, data: BytesLike) -> None:
        """Set a string and its expiry; large data has the time that a slow line needs for it."""
        with reaching(self._url), self._sending(len(data)) as client:
            client.set(self.locate(key), bytes(data), ex=self._expire_s)

    def exists(self, key: ContentKey) -> bool:
        """Ask for the key."""
        with reaching(self._url):
            return bool(self._client.exists(self.locate(key)))

    def evict(self, key: ContentKey) -> None:
        """Unlink the key, which frees its memory in the background."""
        with reaching(self._url):
            self._client.unlink(self.locate(key))

    def clear(self, namespace: str) -> None:
        """Unlink every key of the namespace."""
        with reaching(self._url):
            for key in self._client.scan_iter(
                match=self._keys.blob(namespace, "*"), count=_SCANNED_AT_ONCE
            ):
                self._client.unlink(key)

    @contextmanager
    def _sending(self, size_bytes: int) -> Iterator[redis.Redis]:
        # A socket's time is for all that is sent at once, whether that gets on or not.
        if size_bytes <= _LARGE_BYTES:
            yield self._client
        else:
            with connect(self._url, size_bytes) as client:
                yield client

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
