"""What groups of members have predicted in advance, for as long as their update runs."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter

from molsteer.shared.wire.blob import Blob
from molsteer.steering.ledger.ledger import Ledger


def keep(ledger: Ledger, generation: int, chunk: int, group: int, blob: Blob) -> None:
    """Note what a group predicted; inside a transaction."""
    ledger.connection.execute(
        "INSERT INTO predicted_chunk (generation, chunk, group_number, blob) VALUES (?, ?, ?, ?)",
        (generation, chunk, group, blob.model_dump_json()),
    )


def of_chunk(ledger: Ledger, generation: int, chunk: int) -> dict[int, Blob]:
    """Give what is predicted of a chunk, by the number of the group."""
    rows = ledger.connection.execute(
        "SELECT group_number, blob FROM predicted_chunk WHERE generation = ? AND chunk = ?",
        (generation, chunk),
    )
    return {group: _reader().validate_json(text) for group, text in rows}


def forget(ledger: Ledger, generation: int) -> None:
    """Forget all that was predicted for an update; inside a transaction."""
    ledger.connection.execute("DELETE FROM predicted_chunk WHERE generation = ?", (generation,))


@cache
def _reader() -> TypeAdapter[Blob]:
    return TypeAdapter(Blob)
