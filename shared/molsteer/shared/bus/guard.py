"""A worker process's side of the bus, which sits short outages of Redis out."""

from __future__ import annotations

import time

from molsteer.shared.bus.port import Verdict
from molsteer.shared.bus.record import TaskRecord
from molsteer.shared.patience import patiently
from molsteer.shared.wire.messages import Outcome, Task

RING_EVERY_S = 0.2
"""How long an outcome that others follow waits at most, until steering is woken for them all."""


class RedisGuard:
    """Begins and finishes tasks in the name of one process.

    Args:
        record: The record of tasks.
        claim: Name of this process, which runs one task at a time.
        patience_s: How long to try again before an outage is reported.
    """

    def __init__(self, record: TaskRecord, claim: str, patience_s: float = 0.0) -> None:
        self._record, self._claim, self._patience_s = record, claim, patience_s
        self._rung_at_s = 0.0

    def begin(self, task: Task) -> Verdict:
        """Ask for the right to run a task; `Run` gives it together with a lease."""
        return patiently(lambda: self._record.begin(task, self._claim), self._patience_s)

    def finish(self, outcome: Outcome) -> bool:
        """Hand over an outcome, release the lease and ring steering's doorbell, all at once."""
        return patiently(lambda: self._record.finish(outcome, self._claim), self._patience_s)

    def pass_on(self, outcome: Outcome, following: Task) -> tuple[bool, Verdict]:
        """Hand over an outcome and ask for the next task, in one question."""
        now_s = time.monotonic()
        ring = now_s - self._rung_at_s >= RING_EVERY_S
        if ring:
            self._rung_at_s = now_s
        return patiently(
            lambda: self._record.pass_on(outcome, following, self._claim, ring=ring),
            self._patience_s,
        )

    def bury(self, data: bytes, reason: str) -> None:
        """Put a message that cannot be read aside for a human."""
        patiently(lambda: self._record.bury(data, reason), self._patience_s)
