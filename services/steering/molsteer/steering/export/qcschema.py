"""The QCSchema records of all simulations, one document after the other."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from molsteer.steering.errors import RecordUnreadable
from molsteer.steering.ledger.ledger import Ledger

Document = Mapping[str, JsonValue]


def documents(run_dir: Path, ledger: Ledger) -> Iterator[Document]:
    """Read the records of every labelled molecule, in the order of settling.

    Each is a QCSchema result as it was computed. Its `id` is the task's, followed by what it is
    for: `neutral`, `vertical` or `cation`.

    Raises:
        RecordUnreadable: If the file of a record is missing or damaged.
    """
    labels = ledger.connection.execute("SELECT task_id, record FROM label ORDER BY number")
    for task_id, record in labels:
        for purpose, document in _read(run_dir / record).items():
            yield {**document, "id": f"{task_id}/{purpose}"}


def _read(path: Path) -> Mapping[str, Document]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            records: Mapping[str, Document] = json.load(file)
    except FileNotFoundError:
        raise RecordUnreadable(path, "there is no such file") from None
    except (OSError, EOFError, ValueError) as error:
        raise RecordUnreadable(path, str(error)) from None
    return records
