"""Whether the files that a ledger names are there and are what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from molsteer.steering.errors import RecordUnreadable
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.results import GIVEN, weights
from molsteer.steering.records.documents.record_files import read_record


def damages(ledger: Ledger, run_dir: Path) -> Iterator[str]:
    """Name the records and models that are missing, unreadable or not those of the ledger."""
    for number, record in ledger.connection.execute("SELECT number, record FROM result"):
        if reason := _unreadable_record(run_dir / record):
            yield f"The record {record} of result {number} cannot be read: {reason}."
    trained = ledger.connection.execute("SELECT file, sha256 FROM model")
    given = [(each.file, each.sha256) for each in weights(ledger, GIVEN)]
    for file, sha256 in [*given, *trained]:
        if reason := _another_content(run_dir / file, sha256):
            yield f"The model {file} cannot be used: {reason}."


def _unreadable_record(path: Path) -> str | None:
    try:
        read_record(path)
    except RecordUnreadable as error:
        return error.reason
    return None


def _another_content(path: Path, sha256: str) -> str | None:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return (error.strerror or str(error)).rstrip(".")
    return None if digest == sha256 else "its SHA-256 digest is another one"
