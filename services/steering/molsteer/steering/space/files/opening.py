"""Files as people have them, opened as text: packed or not, in whichever encoding.

What counts is how a file begins, never what it is called.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from zipfile import BadZipFile, ZipFile

from molsteer.steering.space.errors import UnreadableSource

MAX_LINE_LENGTH = 1_000_000
"""Characters; a longer line is no table of molecules, and may be a bomb that was compressed."""

_UNREADABLE = (
    *(OSError, EOFError, MemoryError, csv.Error),
    *(zlib.error, lzma.LZMAError, BadZipFile, struct.error),
)
_BAD_ARCHIVE = (RuntimeError, ValueError, LookupError, struct.error)
"""What zipfile raises at a password, at unknown methods, and at nonsense beside `BadZipFile`."""

_PACKED_TWICE = ("it was packed twice", "Unpack it once.")
_FOREIGN = {
    b"\x1f\x8b": _PACKED_TWICE,
    b"BZh": _PACKED_TWICE,
    b"\xfd7zXZ\x00": _PACKED_TWICE,
    b"PK\x03\x04": _PACKED_TWICE,
    b"\xd0\xcf\x11\xe0": ("it is a document of Microsoft Office", "Save its table as CSV."),
    b"PAR1": ("it is a Parquet file", "Write it as CSV."),
    b"%PDF": ("it is a PDF document", "Give the table alone, as CSV."),
    b"\x28\xb5\x2f\xfd": ("it is packed with Zstandard, which is not supported", "Unpack it."),
    b"7z\xbc\xaf\x27\x1c": ("it is packed with 7-Zip, which is not supported", "Unpack it."),
}
_OFFICE = ("[Content_Types].xml", "mimetype")
"""Members of archives that are documents of an office program."""

_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True, slots=True)
class OpenedText:
    """A file that is being read.

    Attributes:
        lines: Its lines with their ends, one after the other.
        bytes_read: Tells how many bytes of the file, as it lies on disk, were read so far.
    """

    lines: Iterator[str]
    bytes_read: Callable[[], int]


@contextmanager
def opened(path: Path) -> Iterator[OpenedText]:
    """Unpack (gzip, bzip2, xz, zip) and decode (UTF-8, UTF-16, UTF-32, else Windows-1252) a file.

    Whatever cannot be read inside the block ends it with the same error.

    Raises:
        UnreadableSource: If the file cannot be read, is damaged, or is no text.
    """
    try:
        with ExitStack() as stack:
            file = stack.enter_context(path.open("rb"))
            content = io.BufferedReader(cast("io.RawIOBase", _unpacked(file, path, stack)))
            encoding = _encoding(content.peek(2)[:4096], path)
            errors = "surrogateescape" if encoding == "utf-8-sig" else "replace"
            text = io.TextIOWrapper(content, encoding=encoding, errors=errors, newline="")
            yield OpenedText(_lines(stack.enter_context(text), path), file.tell)
    except _UNREADABLE as error:
        strerror = error.strerror if isinstance(error, OSError) else None
        reason = strerror or str(error) or "it does not fit into memory"
        cure = "Check that it is complete and may be read."
        raise UnreadableSource(path, reason.rstrip("."), cure) from error


def _unpacked(file: io.BufferedReader, path: Path, stack: ExitStack) -> IO[bytes] | gzip.GzipFile:
    begin = file.peek(8)[:8]
    if begin.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)
    if begin.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if begin.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(file)
    if begin.startswith(b"PK\x03\x04"):
        try:
            return _only_member(stack.enter_context(ZipFile(file)), path)
        except _BAD_ARCHIVE as error:
            reason = f"its archive cannot be read ({error})"
            raise UnreadableSource(path, reason, "Unpack it.") from None
    return file


def _only_member(archive: ZipFile, path: Path) -> IO[bytes]:
    names = (name for name in archive.namelist() if not name.endswith("/"))
    members = [name for name in names if not name.startswith("__MACOSX/")]
    if any(name in _OFFICE for name in members):
        reason = "it is a document of an office program, such as an Excel workbook"
        raise UnreadableSource(path, reason, "Save its table as CSV.")
    if len(members) != 1:
        reason = f"it is an archive of {len(members)} files"
        raise UnreadableSource(path, reason, "Unpack it, and give the files of molecules.")
    return archive.open(members[0])


def _encoding(begin: bytes, path: Path) -> str:
    """Find out how text is encoded by how it begins."""
    for mark, encoding in _MARKS.items():
        if begin.startswith(mark):
            return encoding
    for signature, (reason, cure) in _FOREIGN.items():
        if begin.startswith(signature):
            raise UnreadableSource(path, reason, cure)
    even, odd = begin[::2].count(0), begin[1::2].count(0)
    if even + odd == 0:
        return "utf-8-sig"
    if 0 in (even, odd) and 4 * (even + odd) > len(begin):  # mostly Latin, without a mark
        return "utf-16-le" if odd else "utf-16-be"
    raise UnreadableSource(path, "it is not text", "Give molecules as text, such as CSV.")


def _lines(text: io.TextIOWrapper, path: Path) -> Iterator[str]:
    """Read line by line, never more than a line may hold."""
    number = 0
    while line := text.readline(MAX_LINE_LENGTH + 1):
        number += 1
        if len(line) > MAX_LINE_LENGTH:
            reason = f"line {number} has more than {MAX_LINE_LENGTH:,} characters"
            raise UnreadableSource(path, reason, "Check that it is a table of molecules.")
        yield line if line.isascii() else _mended(line)


def _mended(line: str) -> str:
    """Take a line that is no UTF-8 for Windows-1252, as tables on Windows were always saved."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape").decode("cp1252", errors="replace")
    return line
