"""Compares what the ledger takes for published with what is in the queues and with workers."""

from __future__ import annotations

import logging

from molsteer.shared.bus.port import Dispatch
from molsteer.steering.ledger import tasks
from molsteer.steering.ledger.ledger import Ledger

log = logging.getLogger(__name__)

OLDER = (
    "This run directory is older than what its server has seen, as a copy that was restored: {} "
    "that it waits for had ended there, and will be done again."
)

_NAMED = 5
"""Tasks that one line of the log names; Redis may lose thousands at once."""


def find_lost(ledger: Ledger, bus: Dispatch, now: float, long_s: float) -> bool:
    """Let tasks be published again that were so some time ago and are nowhere; tell if any are."""
    awaited = tasks.awaited_for_long(ledger, now, long_s)
    places = bus.whereabouts(awaited) if awaited else {}
    absent = [task_id for task_id, place in places.items() if place == "absent"]
    if absent:
        some = ", ".join(absent[:_NAMED]) + (", ..." if len(absent) > _NAMED else "")
        log.warning("Lost on the way, published again: %d tasks (%s).", len(absent), some)
        with ledger.transaction():
            tasks.publish_again(ledger, absent)
    return bool(absent)


def take_back(ledger: Ledger, bus: Dispatch) -> None:
    """Let everything that is published and that nobody works on wait for the next session.

    What a worker has in its hands and begins right now is done once all the same: its outcome
    waits, and counts.
    """
    awaited = tasks.awaited(ledger)
    places = bus.whereabouts(awaited)
    waiting = [each for each in awaited if places[each[1]] in {"queued", "absent"}]
    if waiting:
        with ledger.transaction():
            tasks.publish_again(ledger, [task_id for _, task_id in waiting])
        bus.withdraw(waiting)


def reopen(ledger: Ledger, bus: Dispatch) -> int:
    """Let those of our tasks begin that a later state of this ledger has ended already.

    Returns:
        How many there are: none unless the run directory is an older copy.
    """
    return bus.reopen(tasks.in_state(ledger, "ready", "dispatched"))
