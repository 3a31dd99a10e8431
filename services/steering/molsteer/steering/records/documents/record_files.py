"""The QCSchema records of simulations, as they are kept in the run directory.

Each is a line of JSON, compressed by itself. Where several simulations ended together their records
share a file, one behind the other: `FILE#OFFSET` names one of them.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from molsteer.steering.errors import RecordUnreadable

_GZIP = 31
"""How zlib calls gzip's format."""

_MOST_BYTES = 100_000_000
"""Far beyond the record of any molecule; more would be a bomb that was compressed."""


def own_file(level: str, molecule: int) -> str:
    """Name the file of a record that shares none, below the run directory."""
    return f"records/{level}/{molecule}.json.gz"


def shared_file(level: str, first: int) -> str:
    """Name the file of several records by the number of the first result among them."""
    return f"records/{level}/from-result-{first}.jsonl.gz"


def packed(records: object) -> bytes:
    """Write a record.

    Raises:
        TypeError: If it is not JSON; or ValueError, or RecursionError.
    """
    return gzip.compress(f"{json.dumps(records)}\n".encode(), compresslevel=6, mtime=0)


def read_record(path: Path) -> Mapping[str, JsonValue]:
    """Read what was recorded of a label, from a file or from a place in it.

    Raises:
        RecordUnreadable: If the file is missing or damaged.
    """
    file, _, offset = path.name.partition("#")
    try:
        with path.with_name(file).open("rb") as opened:
            opened.seek(int(offset or 0))
            compressed = opened.read(_MOST_BYTES)
        inflating = zlib.decompressobj(wbits=_GZIP)
        text = inflating.decompress(compressed, _MOST_BYTES)
        if not inflating.eof:
            raise ValueError("it was cut off, or is too large")
        records = json.loads(text)
    except (OSError, zlib.error, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RecordUnreadable(path, reason.rstrip(".")) from None
    if not isinstance(records, dict):
        raise RecordUnreadable(path, "it holds no record")
    return records
