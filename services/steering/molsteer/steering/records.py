"""The QCSchema records of a simulation, as they are kept in the run directory."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from molsteer.steering.errors import RecordUnreadable

Document = Mapping[str, JsonValue]

_MOST_BYTES = 100_000_000
"""Far beyond the record of any molecule; more would be a bomb that was compressed."""


def read_record(path: Path) -> Mapping[str, Document]:
    """Read the documents of a label by what they are for: `neutral`, `vertical` or `cation`.

    Raises:
        RecordUnreadable: If the file is missing or damaged.
    """
    try:
        with gzip.open(path) as file:
            text = file.read(_MOST_BYTES)
        records = json.loads(text)
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RecordUnreadable(path, reason.rstrip(".")) from None
    if not isinstance(records, dict) or not all(isinstance(r, dict) for r in records.values()):
        raise RecordUnreadable(path, "it holds no record")
    return records
