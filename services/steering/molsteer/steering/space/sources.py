"""Molecules files as streams of rows; nothing here knows chemistry."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from molsteer.steering.space.errors import UnreadableSource

SUFFIXES = (".smi", ".smi.gz", ".csv", ".csv.gz")
COLUMNS = ("smiles", "inchi")
"""The first of these that a table has is read."""


MAX_LINE_LENGTH = 1_000_000
"""Characters; a longer line is no table of molecules, and may be a bomb that was compressed."""


class LineTooLong(ValueError):
    """A line that nobody would write; `line` counts from one."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} has more than {MAX_LINE_LENGTH:,} characters")
        self.line = line


class Row(NamedTuple):
    """One row of the input; lines count from one. An InChI may stand in place of the SMILES."""

    source: int
    line: int
    smiles: str


class MoleculesFile:
    """One molecules file, read row by row.

    `.smi` files hold a SMILES at the start of each line, `.csv` files in the column `smiles`, or
    else an InChI in the column `inchi` (upper or lower case); both may be compressed with gzip.
    Blank lines, comments (`#`) and a heading `smiles` in a `.smi` file are passed over.

    Args:
        path: The file.
        number: Its number among the files of the space, from zero.

    Attributes:
        bytes_read: Bytes of the file, as it lies on disk, that were read so far.

    Raises:
        UnreadableSource: If there is no such file, or its suffix is not one of `SUFFIXES`.
    """

    def __init__(self, path: Path, number: int = 0) -> None:
        if not path.is_file():
            if path.is_dir():
                cure = "Give a search space alone, or the files it was built from."
                raise UnreadableSource(path, "it is a folder", cure)
            raise UnreadableSource(path, "it does not exist", "Check the path.")
        if not path.name.lower().endswith(SUFFIXES):
            raise UnreadableSource(
                path,
                "its suffix tells nothing about its format",
                f"Give a file that ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.",
            )
        self.path, self.number = path, number
        self.size_bytes = path.stat().st_size
        self.bytes_read = 0

    def sha256(self) -> str:
        """Give the digest of the file as it lies on disk.

        Raises:
            UnreadableSource: If the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise self._unreadable(error) from error

    def rows(self) -> Iterator[Row]:
        """Read the rows one after the other.

        Raises:
            UnreadableSource: If the file cannot be read, is damaged, or names no SMILES column.
        """
        try:
            with self.path.open("rb") as file, decompressed(file, self.path) as text:
                is_csv = self.path.name.lower().removesuffix(".gz").endswith(".csv")
                read = self._csv_rows if is_csv else self._smi_rows
                for line, smiles in read(text):
                    self.bytes_read = file.tell()
                    yield Row(self.number, line, smiles)
                self.bytes_read = self.size_bytes
        except (OSError, EOFError, zlib.error, csv.Error, LineTooLong) as error:
            raise self._unreadable(error) from error

    def _smi_rows(self, text: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
        heading_may_come = True
        for line, content in enumerate(lines(text), start=1):
            words = content.split(maxsplit=1)
            if not words or words[0].startswith("#"):
                continue
            if not (heading_may_come and words[0].lower() == "smiles"):
                yield line, words[0]
            heading_may_come = False

    def _csv_rows(self, text: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
        reader = csv.reader(lines(text))
        names = [name.strip() for name in next(reader, [])]
        lowered = [name.lower() for name in names]
        name = next((name for name in COLUMNS if name in lowered), None)
        if name is None:
            raise UnreadableSource(
                self.path,
                f"it has no column {' or '.join(map(repr, COLUMNS))} "
                f"(its columns are: {', '.join(names) or 'none'})",
                "Name the columns in its first line.",
            )
        column = lowered.index(name)
        for cells in reader:
            if cells:
                yield reader.line_num, cells[column].strip() if column < len(cells) else ""

    def _unreadable(self, error: Exception) -> UnreadableSource:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return UnreadableSource(self.path, reason, "Check that it is complete and may be read.")


def decompressed(file: IO[bytes], path: Path) -> io.TextIOWrapper:
    """Read as text; bytes that are no UTF-8 spoil their own row only."""
    plain = gzip.GzipFile(fileobj=file) if path.suffix.lower() == ".gz" else file
    return io.TextIOWrapper(plain, encoding="utf-8-sig", errors="replace", newline="")


def lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Read line by line, never more than a line may hold.

    Raises:
        LineTooLong: If a line holds more.
    """
    number = 0
    while line := text.readline(MAX_LINE_LENGTH + 1):
        number += 1
        if len(line) > MAX_LINE_LENGTH:
            raise LineTooLong(number)
        yield line
