"""Stored objects and who answers for them; what has no owner any more is evicted."""

from __future__ import annotations

from molsteer.shared.wire.blob import Blob, ObjRef
from molsteer.steering.ledger.ledger import Ledger

SPACE_OWNER = "space"


def update_owner(generation: int) -> str:
    """Name the owner of the data that one update needs."""
    return f"update/{generation}"


def own(ledger: Ledger, owner: str, blob: Blob) -> None:
    """Note the owner of stored data; data inside a message needs none. Inside a transaction."""
    if isinstance(blob, ObjRef):
        ledger.connection.execute(
            "INSERT OR REPLACE INTO object (store, key, owner, reference) VALUES (?, ?, ?, ?)",
            (blob.store, blob.key, owner, blob.model_dump_json()),
        )


def disown(ledger: Ledger, owner: str) -> list[ObjRef]:
    """Forget an owner, and give the data that can now be evicted; inside a transaction."""
    rows = ledger.connection.execute(
        "SELECT reference FROM object WHERE owner = ?", (owner,)
    ).fetchall()
    ledger.connection.execute("DELETE FROM object WHERE owner = ?", (owner,))
    return [ObjRef.model_validate_json(text) for (text,) in rows]


def owners(ledger: Ledger) -> list[str]:
    """Name everybody who still answers for stored data."""
    return [owner for (owner,) in ledger.connection.execute("SELECT DISTINCT owner FROM object")]
