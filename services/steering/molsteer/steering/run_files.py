"""Files of a run directory, each there whole or not at all."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from molsteer.shared.host.files.whole_files import write_whole
from molsteer.steering.ledger.trouble import unwritable

_AT_ONCE = 16
"""Files that are written at a time; the disk confirms them together."""


def write_file(folder: Path, name: Path, data: bytes) -> None:
    """Write a file below a run directory; it is there whole or not at all, also after a crash.

    Raises:
        ServiceUnavailable: If the disk has no room or does not work.
    """
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise unwritable(folder, error) from None


class FilesTogether:
    """Writes files below a run directory side by side, for each waits for the disk.

    All that were begun in a context are there when it is left, as `write_file` says.

    Args:
        folder: The run directory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(_AT_ONCE, "files")
        self._begun: dict[Path, Future[None]] = {}
        self._growing: dict[str, bytearray] = {}

    def begin(self, name: Path, data: bytes) -> None:
        """Begin to write a file."""
        if earlier := self._begun.get(name):
            earlier.result()
        self._begun[name] = self._pool.submit(write_file, self._folder, name, data)

    def add(self, name: str, data: bytes) -> int:
        """Put data behind what a file has that several share; tell where in it that begins."""
        growing = self._growing.setdefault(name, bytearray())
        growing += data
        return len(growing) - len(data)

    def begin_shared(self) -> None:
        """Begin to write what several share, to which nothing is added any more."""
        for name, data in self._growing.items():
            self.begin(Path(name), bytes(data))
        self._growing = {}

    def __enter__(self) -> None:
        """Begin with nothing."""
        self._begun, self._growing = {}, {}

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Wait for all.

        Raises:
            ServiceUnavailable: If the disk has no room or does not work.
        """
        if error is None:
            self.begin_shared()
        wait(self._begun.values())
        if error is None:
            for each in self._begun.values():
                each.result()
