"""Blocks of which only a file here tells that they were submitted, for whichever process asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from molsteer.shared.errors import UnusableFile
from molsteer.shared.host.files.private_files import read_private, write_private
from molsteer.shared.wire.base import Message
from molsteer.shared.wire.topics import Topic


class NotedBlock(Message):
    """A block that was submitted, or was about to be.

    Attributes:
        topic: What it works on.
        name: What its job is called here.
        at: When it was submitted, in seconds of the Unix epoch.
        running_since: When it was first seen to run.
    """

    topic: Topic
    name: str
    at: float
    running_since: float | None = None


NotedT = TypeVar("NotedT", bound=NotedBlock)


@dataclass(frozen=True, slots=True)
class Notes(Generic[NotedT]):
    """A folder with a file for each block, by its number.

    Attributes:
        folder: It is made when it is needed.
        kind: What is noted.
    """

    folder: Path
    kind: type[NotedT]

    def read(self) -> Iterator[tuple[str, NotedT]]:
        """Go through the blocks that are noted now.

        Raises:
            UnusableFile: If one cannot be read.
        """
        for file in sorted(self.folder.glob("[!.]*")):
            try:
                yield file.name, self.kind.model_validate_json(read_private(file))
            except UnusableFile:
                if file.exists():  # otherwise another process has just forgotten it
                    raise

    def write(self, number: str, block: NotedT) -> None:
        """Note a block, or what has become of it.

        Raises:
            UnusableFile: If it cannot be written.
        """
        self.folder.mkdir(exist_ok=True)
        write_private(self.folder / number, block.model_dump_json())

    def remove(self, number: str) -> None:
        """Forget a block."""
        (self.folder / number).unlink(missing_ok=True)
