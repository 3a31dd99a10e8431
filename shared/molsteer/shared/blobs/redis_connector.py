"""Blobs in Redis, with what ProxyStore's own connector lacks: password, prefix and expiry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar, cast

import redis
from proxystore.serialize import BytesLike

from molsteer.shared.blobs.connector import ContentConnector, ContentKey
from molsteer.shared.bus.connection import as_bytes, connect, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.server_url import ServerUrl

_KEYS_AT_ONCE = 1000

T = TypeVar("T")

_LARGE_BYTES = 500_000
"""What any line carries in the time that every command has."""

_PIECE_BYTES = 1 << 20
"""What is asked for at once: answers of this size stay in the caches of both sides."""


class RedisConnector(ContentConnector):
    """Keeps each blob as a Redis string that expires.

    Args:
        url: The server; its password stays in this process.
        prefix: Begins every key.
        expire_s: Seconds after which data is forgotten; putting it again starts anew.
    """

    def __init__(self, url: ServerUrl, prefix: str, expire_s: int) -> None:
        self._url, self._keys, self._expire_s = url, Keys(prefix), expire_s
        self._client = connect(url, large=True)
        self._patient: tuple[int, redis.Redis] | None = None

    def locate(self, key: ContentKey) -> str:
        """Give the Redis key."""
        return self._keys.blob(key.namespace, key.sha256)

    def read(self, key: ContentKey) -> bytes | None:
        """Read a string, of which the pieces are all asked for before the first arrives."""
        place, last = self.locate(key), key.size_bytes
        with reaching(self._url):
            if last <= _PIECE_BYTES:
                data = as_bytes(self._client.getrange(place, 0, last))
            else:
                with self._client.pipeline(transaction=False) as pipe:
                    for first in range(0, last + 1, _PIECE_BYTES):
                        pipe.getrange(place, first, min(first + _PIECE_BYTES - 1, last))
                    data = b"".join(cast("list[bytes]", pipe.execute()))
            return data if data or self._client.exists(place) else None

    def write(self, key: ContentKey, data: BytesLike) -> None:
        """Set a string and its expiry; large data has the time that a slow line needs for it."""
        client = self._client_for(len(data))
        with reaching(self._url):
            client.set(self.locate(key), bytes(data), ex=self._expire_s)

    def exists(self, key: ContentKey) -> bool:
        """Ask for the key."""
        with reaching(self._url):
            return bool(self._client.exists(self.locate(key)))

    def evict(self, key: ContentKey) -> None:
        """Unlink the key, which frees its memory in the background."""
        with reaching(self._url):
            self._client.unlink(self.locate(key))

    def evict_all(self, keys: Sequence[ContentKey]) -> None:
        """Unlink many keys, for which the server is asked seldom."""
        with reaching(self._url):
            for some in _batched(map(self.locate, keys), _KEYS_AT_ONCE):
                self._client.unlink(*some)

    def clear(self, namespace: str) -> None:
        """Unlink every key of the namespace."""
        ours = self._keys.blob(namespace, "*")
        with reaching(self._url):
            found = self._client.scan_iter(match=ours, count=_KEYS_AT_ONCE)
            for some in _batched(found, _KEYS_AT_ONCE):
                self._client.unlink(*some)

    def _client_for(self, size_bytes: int) -> redis.Redis:
        """Give a client that has the time to send so much.

        A socket's time is for all that is sent at once, whether that gets on or not. Over a long
        line, connecting takes longer than sending, so the client stays.
        """
        if size_bytes <= _LARGE_BYTES:
            return self._client
        if self._patient is None or self._patient[0] < size_bytes:
            self._close_patient()
            most_bytes = 1 << size_bytes.bit_length()
            self._patient = most_bytes, connect(self._url, most_bytes, large=True)
        return self._patient[1]

    def _close_patient(self) -> None:
        if self._patient is not None:
            self._patient[1].close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._close_patient()


def _batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Give items in groups, as `itertools.batched` of Python 3.12 does."""
    rest = iter(items)
    while group := tuple(islice(rest, size)):
        yield group
