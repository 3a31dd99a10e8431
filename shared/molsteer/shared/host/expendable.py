"""Standard output and error that may vanish: what is shown never ends what is done."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@contextmanager
def expendable_output() -> Iterator[None]:
    """Drop what standard output and error do not take, as on a full disk or into a closed pipe.

    What there is room for later is shown again. Streams that are no files are left as they are.
    """
    with redirect_stdout(_expendable(sys.stdout)), redirect_stderr(_expendable(sys.stderr)):
        yield


def _expendable(stream: TextIO | None) -> TextIO:
    if stream is None:  # closed before the program began
        return open(os.devnull, "w", encoding="utf-8")
    try:
        descriptor = stream.fileno()
        stream.flush()
    except (OSError, ValueError):  # no file; or what came before is lost already
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Lossy(descriptor, "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=bool(stream.line_buffering),
    )


class _Lossy(io.FileIO):
    """A file that takes everything, and keeps what it can."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            written = super().write(data)
        except OSError:
            written = None
        return memoryview(data).nbytes if written is None else written
