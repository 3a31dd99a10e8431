"""Whether the files that a ledger names are there and are what it says."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.results import GIVEN, weights


def damages(ledger: Ledger, run_dir: Path) -> Iterator[str]:
    """Name the records and models that are missing, unreadable or not those of the ledger."""
    for number, record in ledger.connection.execute("SELECT number, record FROM label"):
        if reason := _unreadable_record(run_dir / record):
            yield f"The record {record} of label {number} cannot be read: {reason}."
    trained = ledger.connection.execute("SELECT file, sha256 FROM model")
    for file, sha256 in [*weights(ledger, GIVEN), *trained]:
        if reason := _another_content(run_dir / file, sha256):
            yield f"The model {file} cannot be used: {reason}."


def _unreadable_record(path: Path) -> str | None:
    try:
        content = json.loads(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        return _reason(error)
    return None if isinstance(content, dict) else "it holds no record"


def _another_content(path: Path, sha256: str) -> str | None:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return _reason(error)
    return None if digest == sha256 else "its SHA-256 digest is another one"


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.rstrip(".")
