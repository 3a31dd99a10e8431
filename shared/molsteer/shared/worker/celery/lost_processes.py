"""What a worker's main process does for tasks whose own process is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from molsteer.shared.bus.names import parse_message_id
from molsteer.shared.bus.record import Held, TaskRecord
from molsteer.shared.errors import ServiceUnavailable, WireError
from molsteer.shared.wire.codec import decode_task
from molsteer.shared.wire.messages import Failed
from molsteer.shared.worker.execution import ended
from molsteer.shared.worker.plan import WorkerPlan
from molsteer.shared.worker.undertaker import bury

log = logging.getLogger(__name__)


class Aftermath:
    """Reports, releases and cleans up after lost processes.

    An outage of Redis is logged and passed over: leases lapse by themselves.
    """

    def __init__(self, plan: WorkerPlan) -> None:
        self._plan = plan
        self._record = TaskRecord(plan.queue, plan.key_ring)

    def held(self, message_id: str, pid: int) -> Held:
        """Name a task together with the process that runs it."""
        return Held(*parse_message_id(message_id), claim=self._plan.claim(pid))

    def lose(self, packet: Iterable[Held]) -> None:
        """Give the task back whose process died, so that it may begin again at once.

        Args:
            packet: The tasks that the process had; at most one of them had begun, and counts.
        """
        self._release(self._record.lose, packet)

    def hand_back(self, packet: Iterable[Held]) -> None:
        """Give the task back that somebody else shall do, as if it had never begun here."""
        self._release(self._record.hand_back, packet)

    def _release(self, release: Callable[[Held], None], packet: Iterable[Held]) -> None:
        for held in packet:
            try:
                release(held)
            except ServiceUnavailable as error:
                log.warning("A lease was not released: %s", error, extra=_facts(held))
                return

    def report(self, held: Held, message: bytes, result: Failed, started_at: float) -> bool:
        """Hand over the outcome of a task whose process cannot; tell whether it counts."""
        try:
            task = decode_task(message, self._plan.key_ring)
            start = self._record.starts(held.campaign, held.task_id)
            outcome = ended(task, result, held.claim, started_at=started_at, start=start)
            return self._record.finish(outcome, held.claim)
        except (ServiceUnavailable, WireError) as error:
            log.warning("An outcome was not reported: %s", error, extra=_facts(held))
            return False

    def clean_up(self, pid: int) -> None:
        """End whatever a lost process had started, and remove its scratch folders."""
        bury(self._plan.scratch, pid)


def _facts(held: Held) -> dict[str, str]:
    return {"campaign": held.campaign, "task_id": held.task_id}
