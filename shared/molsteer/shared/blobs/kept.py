"""What was read from a store, or put there, is kept on a disk nearby.

Chunks of a search space are read again in every update, and weights by every process of a node. A
line between two sites should carry each of them once.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from proxystore.serialize import BytesLike

from molsteer.shared.blobs.connector import ContentConnector, ContentKey
from molsteer.shared.errors import ServiceUnavailable


class KeptFiles:
    """A folder of data by its digest, with no more in it than there is room for.

    Nothing in it is trusted: what is not what its name says is fetched anew. It never stands in
    the way: where the disk is full or gone, data is fetched as if nothing had been kept.

    Args:
        folder: Where the files are; several processes and services may share it.
        most_bytes: What all of them have together; what was used longest ago goes first.

    Raises:
        ServiceUnavailable: If the folder cannot be made or written.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            cure = "Name a folder as [stores] keep_directory that can be made and written."
            reason = error.strerror or str(error)
            raise ServiceUnavailable("The folder of kept data", str(folder), reason, cure) from None

    def holds(self, key: ContentKey) -> bool:
        """Tell whether there is something under a key."""
        return self._path(key).is_file()

    def find(self, key: ContentKey, fetch: Callable[[], bytes | None]) -> bytes | None:
        """Give data that is kept, or else fetch and keep it, only once for all processes."""
        data = self._read(key)
        if data is not None:
            return data
        with self._alone(key):
            data = self._read(key)
            if data is None:
                self.take_ahead_s(key)  # of what had to go before it was used
                data = fetch()
                if data is not None and _is(data, key):
                    self.keep(key, data)
        return data

    def keep(self, key: ContentKey, data: BytesLike) -> None:
        """Keep data, and let go of what was used longest ago if there is no room."""
        if key.size_bytes > self._most_bytes:
            return
        with suppress(OSError):
            self._make_room(key.size_bytes)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(name).replace(self._path(key))
            finally:
                Path(name).unlink(missing_ok=True)

    def fetch_ahead(self, key: ContentKey, fetch: Callable[[], bytes | None]) -> None:
        """Fetch and keep data that nobody has asked for, unless somebody does so right now."""
        with self._alone(key, wait=False) as alone:
            if not alone or self.holds(key):
                return
            begun_at = time.perf_counter()
            data = fetch()
            if data is not None and _is(data, key):
                with suppress(OSError):
                    self._mark(key).write_text(str(time.perf_counter() - begun_at))
                self.keep(key, data)

    def take_ahead_s(self, key: ContentKey) -> float | None:
        """Tell the first who asks how long data took that was fetched ahead; None is all others."""
        mark = self._mark(key)
        try:
            taken_s = float(mark.read_text())
            mark.unlink()  # of several who read it, one succeeds
        except (OSError, ValueError):
            return None
        return max(0.0, taken_s)

    def _read(self, key: ContentKey) -> bytes | None:
        path = self._path(key)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        if _is(data, key):
            return data
        with suppress(OSError):
            path.unlink()
        return None

    def _make_room(self, size_bytes: int) -> None:
        there = []
        for file in self._folder.glob("[0-9a-f]*"):
            with suppress(FileNotFoundError):
                status = file.stat()
                there.append((status.st_mtime_ns, status.st_size, file))
        left_bytes = self._most_bytes - size_bytes - sum(size for _, size, _ in there)
        for _, size, file in sorted(there):
            if left_bytes >= 0:
                break
            file.unlink(missing_ok=True)
            left_bytes += size

    @contextmanager
    def _alone(self, key: ContentKey, *, wait: bool = True) -> Iterator[bool]:
        """Keep others from fetching meanwhile; tells whether that is so, where nobody waits."""
        # Few locks do for all keys, and are never removed.
        try:
            lock = os.open(self._folder / f".{key.sha256[:2]}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield wait
            return
        try:
            alone = True
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except OSError:  # it is held, or this is a file system without locks
                alone = wait
            yield alone
        finally:
            os.close(lock)

    def _mark(self, key: ContentKey) -> Path:
        # Named as what is kept, so that it goes as well when there is no room.
        return self._folder / f"{key.sha256}.ahead"

    def _path(self, key: ContentKey) -> Path:
        return self._folder / key.sha256


class KeptConnector(ContentConnector):
    """A store of which a copy is kept nearby; what it holds, it alone knows."""

    def __init__(self, store: ContentConnector, kept: KeptFiles) -> None:
        self._store, self._kept = store, kept

    def is_near(self, key: ContentKey) -> bool:
        """Tell whether reading will not ask the store."""
        return self._kept.holds(key)

    def take_ahead_s(self, key: ContentKey) -> float | None:
        """Tell, once, how long fetching ahead took."""
        return self._kept.take_ahead_s(key)

    def fetch_ahead(self, key: ContentKey) -> None:
        """Keep what nobody has asked for; what is missing or spoiled is passed over.

        Raises:
            ServiceUnavailable: If the store does not answer.
        """
        self._kept.fetch_ahead(key, lambda: self._store.read(key))

    def locate(self, key: ContentKey) -> str:
        """Name the place of data inside the store."""
        return self._store.locate(key)

    def read(self, key: ContentKey) -> bytes | None:
        """Read what is kept, or what is stored."""
        return self._kept.find(key, lambda: self._store.read(key))

    def write(self, key: ContentKey, data: BytesLike) -> None:
        """Store data, and keep it."""
        self._store.write(key, data)
        self._kept.keep(key, data)

    def exists(self, key: ContentKey) -> bool:
        """Ask the store."""
        return self._store.exists(key)

    def evict(self, key: ContentKey) -> None:
        """Remove data from the store; here, it goes when there is no room."""
        self._store.evict(key)

    def evict_all(self, keys: Sequence[ContentKey]) -> None:
        """Remove data from the store, which knows how to do that at once."""
        self._store.evict_all(keys)

    def clear(self, namespace: str) -> None:
        """Remove all data of a namespace from the store."""
        self._store.clear(namespace)

    def close(self) -> None:
        """Release the store's connections."""
        self._store.close()


def _is(data: BytesLike, key: ContentKey) -> bool:
    return len(data) == key.size_bytes and hashlib.sha256(data).hexdigest() == key.sha256
