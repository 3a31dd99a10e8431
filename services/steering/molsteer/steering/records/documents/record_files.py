"""The QCSchema records of a simulation, as they are kept in the run directory."""

from __future__ import annotations

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


def read_record(path: Path) -> Mapping[str, JsonValue]:
    """Read what was recorded of a label.

    Raises:
        RecordUnreadable: If the file is missing or damaged.
    """
    try:
        inflating = zlib.decompressobj(wbits=_GZIP)
        text = inflating.decompress(path.read_bytes(), _MOST_BYTES)
        if not inflating.eof:
            raise ValueError("it was cut off, or is too large")
        records = json.loads(text)
    except (OSError, zlib.error, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RecordUnreadable(path, reason.rstrip(".")) from None
    if not isinstance(records, dict):
        raise RecordUnreadable(path, "it holds no record")
    return records
