"""Blobs as files named by their content, in a folder that every service sees."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from proxystore.serialize import BytesLike

from molsteer.shared.blobs.connector import ContentConnector, ContentKey
from molsteer.shared.errors import ServiceUnavailable


class FileConnector(ContentConnector):
    """Keeps each blob as `NAMESPACE/ab/abcdef...`; a file appears complete or not at all.

    Args:
        directory: The store's folder; made if it is not there.
        wait_s: How long reading waits for a file that is not seen yet: on network file systems,
            what one machine wrote may take some seconds to appear on another.
        look_every_s: How often it looks meanwhile.
    """

    name: ClassVar[str] = "The file store"
    cure: ClassVar[str] = "Check that [stores] directory exists, is writable and has room."

    def __init__(self, directory: Path, wait_s: float = 0.0, look_every_s: float = 0.5) -> None:
        self._directory, self._wait_s, self._look_every_s = directory, wait_s, look_every_s
        with self._reaching():
            directory.mkdir(parents=True, exist_ok=True)

    def locate(self, key: ContentKey) -> str:
        """Give the path below the store's folder."""
        return f"{key.namespace}/{key.sha256[:2]}/{key.sha256}"

    def read(self, key: ContentKey) -> bytes | None:
        """Read a file, waiting until it is there; give what there is when time is over."""
        give_up_at = time.monotonic() + self._wait_s
        while True:
            data = self._arrived(key)
            if data is not None:
                return data
            if time.monotonic() >= give_up_at:
                return self._read_now(key)
            time.sleep(self._look_every_s)

    def write(self, key: ContentKey, data: BytesLike) -> None:
        """Write a file beside its place, wait for the disk, and rename it."""

        def fill(temporary: Path) -> None:
            with temporary.open("wb") as file:
                file.write(data)
                temporary.chmod(0o644)
                file.flush()
                os.fsync(file.fileno())

        self._place(key, fill)

    def adopt(self, source: Path, key: ContentKey) -> None:
        """Take in a file whose key is known: by a hard link, or a copy on another file system."""

        def fill(temporary: Path) -> None:
            temporary.unlink()
            try:
                temporary.hardlink_to(source)
            except OSError:
                shutil.copyfile(source, temporary)
                _sync(temporary)

        self._place(key, fill)

    def exists(self, key: ContentKey) -> bool:
        """Look for the file."""
        with self._reaching():
            return self._path(key).is_file()

    def evict(self, key: ContentKey) -> None:
        """Remove the file."""
        with self._reaching():
            self._path(key).unlink(missing_ok=True)

    def clear(self, namespace: str) -> None:
        """Remove the namespace's folder."""
        shutil.rmtree(self._directory / namespace, ignore_errors=True)

    def close(self) -> None:
        """Do nothing: files need no connection, and stay."""

    def _arrived(self, key: ContentKey) -> bytes | None:
        """Read a file if all of it is there, which it is once it has its name."""
        return self._read_now(key)

    def _read_now(self, key: ContentKey) -> bytes | None:
        with self._reaching():
            try:
                with self._path(key).open("rb") as file:
                    there = os.fstat(file.fileno()).st_size
                    return file.read(min(there, key.size_bytes) + 1)  # which is reserved at once
            except FileNotFoundError:
                return None

    def _path(self, key: ContentKey) -> Path:
        return self._directory / self.locate(key)

    def _place(self, key: ContentKey, fill: Callable[[Path], None]) -> None:
        path = self._path(key)
        with self._reaching():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
            os.close(handle)
            temporary = Path(name)
            try:
                fill(temporary)
                temporary.replace(path)
            finally:  # two links to one file are not renamed, and both stay
                temporary.unlink(missing_ok=True)
            # A rename is only as lasting as the folder that holds it.
            _sync(path.parent)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ServiceUnavailable(
                self.name, str(self._directory), f"{error.strerror or error}", self.cure
            ) from None


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
