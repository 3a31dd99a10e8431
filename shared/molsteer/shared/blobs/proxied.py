"""The blob port over ProxyStore `Store`s, one for each kind of store."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from proxystore.serialize import BytesLike
from proxystore.store import Store

from molsteer.shared.blobs.codecs import decode_arrays, decode_tree, encode
from molsteer.shared.blobs.connector import ContentConnector, ContentKey
from molsteer.shared.blobs.file_connector import FileConnector
from molsteer.shared.blobs.port import Packable
from molsteer.shared.blobs.transfers import TransferLog
from molsteer.shared.errors import BlobCorrupt, BlobMissing, UnknownStore
from molsteer.shared.patience import patiently
from molsteer.shared.wire.blob import (
    Blob,
    Codec,
    Inline,
    ObjRef,
    Operation,
    Placement,
    StoreName,
    Transfer,
)


class ProxiedBlobs:
    """Keeps blobs in ProxyStore stores; each caches the bytes it read last.

    Cached are bytes, not values, so no reader can change what the next one sees.

    Args:
        connectors: The stores this process knows.
        cache_objects: How many blobs of each store stay in memory after reading.
        patience_s: How long reading and storing waits for a store that is away or full.
    """

    def __init__(
        self,
        connectors: Mapping[StoreName, ContentConnector],
        cache_objects: int = 16,
        patience_s: float = 0.0,
    ) -> None:
        self._connectors = dict(connectors)
        self._patience_s = patience_s
        self._log = TransferLog()
        self._stores: dict[StoreName, Store[ContentConnector]] = {
            name: Store(
                name,
                connector,
                serializer=_only_bytes,
                deserializer=_only_bytes,
                cache_size=cache_objects,
                populate_target=False,
            )
            for name, connector in connectors.items()
        }

    def put(self, value: Packable, codec: Codec, placement: Placement) -> Blob:
        """Encode a value and store it, or return it inline if it is small."""
        data = encode(value, codec)
        if placement.store is None or len(data) < placement.threshold_bytes:
            return Inline(codec=codec, data=data)
        return self._store_bytes(data, codec, placement.store, placement.namespace)

    def adopt(self, file: Path, codec: Codec, sha256: str, placement: Placement) -> Blob:
        """Put an encoded file as it is, by a hard link where the store is a folder."""
        key = ContentKey(placement.namespace, sha256, file.stat().st_size)
        if placement.store is None or key.size_bytes < placement.threshold_bytes:
            return Inline(codec=codec, data=file.read_bytes())
        connector = self._connector(placement.store)
        if not isinstance(connector, FileConnector):
            return self._store_bytes(file.read_bytes(), codec, placement.store, placement.namespace)
        with self._log.timing(placement.store, "put", key.size_bytes):
            connector.adopt(file, key)
        return _reference(placement.store, connector, key, codec)

    def arrays(self, blob: Blob) -> dict[str, npt.NDArray[np.generic]]:
        """Read a blob written with the codec `safetensors`."""
        return decode_arrays(self._read_as("safetensors", blob), _where(blob))

    def tree(self, blob: Blob) -> object:
        """Read a blob written with the codec `msgpack`."""
        return decode_tree(self._read_as("msgpack", blob), _where(blob))

    def raw(self, blob: Blob) -> bytes:
        """Read a blob's bytes, checked but not decoded."""
        if isinstance(blob, Inline):
            return blob.data
        connector, store, key = self._connector(blob.store), self._stores[blob.store], _key(blob)
        in_memory = store.is_cached(key)
        is_here, begun_at = in_memory or connector.is_near(key), time.perf_counter()
        data: bytes | None = patiently(lambda: store.get(key), self._patience_s)
        if data is None:
            raise BlobMissing(blob.store, blob.key)
        taken_s = time.perf_counter() - begun_at
        ahead_s = None if in_memory else connector.take_ahead_s(key)
        if ahead_s is not None:
            self._log.add(blob.store, "ahead", blob.size_bytes, ahead_s)
            is_here = True  # also where the rest of it was still on its way
        operation: Operation = "cached" if is_here else "get"
        self._log.add(blob.store, operation, blob.size_bytes, taken_s)
        return data

    def exists(self, ref: ObjRef) -> bool:
        """Tell whether the data is in its store now, asking the store and no cache."""
        return self._connector(ref.store).exists(_key(ref))

    def evict(self, refs: Iterable[ObjRef]) -> None:
        """Remove data; keys and stores that hold nothing are passed over."""
        keys = defaultdict[StoreName, list[ContentKey]](list)
        for ref in refs:
            if ref.store in self._stores:
                keys[ref.store].append(_key(ref))
        for name, gone in keys.items():
            self._connectors[name].evict_all(gone)
            for key in gone:
                self._stores[name].cache.evict(key)

    def clear(self, namespace: str) -> None:
        """Remove all data of a namespace from every store of this process."""
        for connector in self._connectors.values():
            connector.clear(namespace)

    def take_transfers(self) -> tuple[Transfer, ...]:
        """Tell what was put and read since this was last asked."""
        return self._log.take()

    def close(self) -> None:
        """Release connections; stored data stays."""
        for store in self._stores.values():
            store.close()

    def _connector(self, name: StoreName) -> ContentConnector:
        try:
            return self._connectors[name]
        except KeyError:
            raise UnknownStore(name, sorted(self._connectors)) from None

    def _store_bytes(self, data: bytes, codec: Codec, name: StoreName, namespace: str) -> ObjRef:
        connector, store = self._connector(name), self._stores[name]
        with self._log.timing(name, "put", len(data)):
            key = patiently(lambda: store.put(data, namespace=namespace), self._patience_s)
        return _reference(name, connector, ContentKey(*key), codec)

    def _read_as(self, codec: Codec, blob: Blob) -> bytes:
        if blob.codec != codec:
            raise BlobCorrupt(_where(blob), f"written as {blob.codec}, read as {codec}")
        return self.raw(blob)


def _reference(
    name: StoreName, connector: ContentConnector, key: ContentKey, codec: Codec
) -> ObjRef:
    return ObjRef(
        store=name,
        namespace=key.namespace,
        key=connector.locate(key),
        codec=codec,
        sha256=key.sha256,
        size_bytes=key.size_bytes,
    )


def _key(ref: ObjRef) -> ContentKey:
    return ContentKey(ref.namespace, ref.sha256, ref.size_bytes)


def _where(blob: Blob) -> str:
    return f"{blob.store}:{blob.key}" if isinstance(blob, ObjRef) else "an inline blob"


def _only_bytes(data: BytesLike) -> BytesLike:
    if not isinstance(data, bytes):
        raise TypeError(f"Stores hold bytes, not {type(data).__name__}.")
    return data
