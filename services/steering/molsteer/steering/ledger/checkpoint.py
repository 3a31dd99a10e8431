"""The policy's state as it was after some event, so that going on costs what happened since.

The journal stays whole, and stays the truth: without the checkpoint, it is replayed from its start.
"""

from __future__ import annotations

import logging
import zlib

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.codecs.state_codec import state_from_json, state_to_json
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.errors import PolicyDefect
from molsteer.steering.policy.state import State

log = logging.getLogger(__name__)

MOLECULES_PER_EVENT = 5
"""Chosen molecules that a checkpoint may hold for each event it spares, because it costs some
microseconds to write each of them."""


def keep_when_due(ledger: Ledger, state: State, after: int) -> None:
    """Keep the state that the last event led to, if a replay would take long without it.

    Inside the transaction of that event.

    Args:
        ledger: Whose journal it is.
        state: Where the journal leads.
        after: Events since the last checkpoint that make a new one due; for a large state more.
    """
    (events,) = ledger.connection.execute(
        "SELECT ifnull(max(seq), 0) - (SELECT ifnull(max(seq), 0) FROM checkpoint) FROM event"
    ).fetchone()
    if events >= max(after, len(state.chosen) // MOLECULES_PER_EVENT):
        _drop(ledger)
        # Its checksum tells damage, and fewer pages are written.
        body = zlib.compress(state_to_json(state), level=1)
        ledger.connection.execute(
            "INSERT INTO checkpoint (seq, state) SELECT max(seq), ? FROM event", (body,)
        )


def resumed(ledger: Ledger, fresh: State) -> State:
    """Give the state to which the journal leads; a checkpoint that cannot be read is dropped."""
    try:
        return reached(ledger, fresh)
    except PolicyDefect as defect:
        log.warning("%s The whole journal is replayed instead.", defect)
        with ledger.transaction():
            _drop(ledger)
        return reached(ledger, fresh)


def reached(ledger: Ledger, fresh: State) -> State:
    """Give the state to which the journal leads from the checkpoint, or from its beginning.

    Args:
        ledger: Whose journal it is.
        fresh: Where the journal begins.

    Raises:
        PolicyDefect: If the checkpoint or an event since cannot be read.
    """
    row = ledger.connection.execute("SELECT seq, state FROM checkpoint").fetchone()
    state, seq = (_read(row["state"]), row["seq"]) if row else (fresh, 0)
    for event in ledger.events(after=seq):
        state = decide(state, event).state
    return state


def _drop(ledger: Ledger) -> None:
    ledger.connection.execute("DELETE FROM checkpoint")


def _read(body: bytes) -> State:
    try:
        return state_from_json(zlib.decompress(body))
    except (zlib.error, PolicyDefect) as reason:
        raise PolicyDefect(f"The checkpoint of the policy cannot be read: {reason}") from reason
