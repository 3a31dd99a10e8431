"""The QCSchema records of all simulations, one document after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from molsteer.steering.errors import RecordUnreadable
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.documents.record_files import read_record

Document = Mapping[str, JsonValue]


def documents(run_dir: Path, ledger: Ledger) -> Iterator[Document]:
    """Read the records of every molecule at every level, in the order of settling.

    Each is a QCSchema result as it was computed. Its `id` is the task's, followed by what it is
    for, as `neutral`, `vertical` or `cation`.

    Raises:
        RecordUnreadable: If the file of a record is missing or damaged.
    """
    results = ledger.connection.execute("SELECT task_id, record FROM result ORDER BY number")
    for task_id, record in results:
        for purpose, document in read_record(run_dir / record).items():
            if not isinstance(document, dict):
                raise RecordUnreadable(run_dir / record, f"its {purpose} is not a document")
            yield {**document, "id": f"{task_id}/{purpose}"}
