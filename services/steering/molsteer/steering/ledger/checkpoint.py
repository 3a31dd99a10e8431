"""The policy's state as it was after some event, so that going on costs what happened since.

The journal stays whole, and stays the truth: without the checkpoint, it is replayed from its start.
What a checkpoint holds is compressed by zlib, whose checksum tells damage: the state as one line of
JSON, and behind it the molecules that were ever chosen, eight bytes each.
"""

from __future__ import annotations

import logging
import zlib
from array import array
from collections.abc import Generator
from dataclasses import dataclass, replace
from itertools import islice

from rpds import HashTrieSet

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.codecs.state_codec import state_from_json, state_to_json
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.errors import PolicyDefect
from molsteer.steering.policy.state import State

log = logging.getLogger(__name__)

MOLECULES_PER_EVENT = 5
"""Chosen molecules that a checkpoint may hold for each event it spares, because it costs some
microseconds to write each of them."""

MOLECULES_AT_ONCE = 5_000
"""Chosen molecules that are written in one transaction, which takes some ten milliseconds."""


@dataclass(slots=True)
class Checkpoints:
    """Keeps the state now and then; a large one in several transactions, so that none is held up.

    Attributes:
        seq: The last event that led to the state which is being written.
        writing: What is left to be written of it, None while none is.
    """

    seq: int = 0
    writing: Generator[None, None, bytes] | None = None

    def keep_when_due(self, ledger: Ledger, state: State, after: int) -> None:
        """Keep the state that the last event led to, if a replay would take long without it.

        Inside a transaction, before anything else in it: what is not committed is not kept.

        Args:
            ledger: Whose journal it is.
            state: Where the journal leads.
            after: Events since the last checkpoint that make a new one due; for a large state more.
        """
        if self.writing is None:
            last, kept = ledger.connection.execute(
                "SELECT ifnull((SELECT max(seq) FROM event), 0),"
                " ifnull((SELECT seq FROM checkpoint), 0)"
            ).fetchone()
            if last - kept < max(after, len(state.chosen) // MOLECULES_PER_EVENT):
                return
            self.seq, self.writing = last, written(state)
        try:
            next(self.writing)
        except StopIteration as end:
            self.writing = None
            _drop(ledger)
            ledger.connection.execute("INSERT INTO checkpoint VALUES (?, ?)", (self.seq, end.value))


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


def written(state: State) -> Generator[None, None, bytes]:
    """Write what a checkpoint holds of a state; pauses after so many molecules."""
    chosen, squeezed = state.chosen, zlib.compressobj(level=1)
    pieces = [squeezed.compress(state_to_json(replace(state, chosen=HashTrieSet())) + b"\n")]
    molecules = iter(chosen)
    for left in range(len(chosen), 0, -MOLECULES_AT_ONCE):
        pieces.append(squeezed.compress(array("q", islice(molecules, MOLECULES_AT_ONCE))))
        if left > MOLECULES_AT_ONCE:
            yield
    return b"".join([*pieces, squeezed.flush()])


def _read(body: bytes) -> State:
    try:
        text, _, molecules = zlib.decompress(body).partition(b"\n")
        chosen = array("q", molecules)
        return replace(state_from_json(text), chosen=HashTrieSet(chosen))
    except (zlib.error, ValueError, PolicyDefect) as reason:
        raise PolicyDefect(f"The checkpoint of the policy cannot be read: {reason}") from reason
