"""Publishes the tasks that the policy has ordered, and notes that it did."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from molsteer.shared.bus.port import Dispatch as Bus
from molsteer.shared.bus.port import Packet
from molsteer.shared.failpoints import reach
from molsteer.shared.wire.blob import Transfer
from molsteer.shared.wire.messages import Outcome, Task
from molsteer.steering.ledger import tasks, transfers
from molsteer.steering.ledger.learning import predicted_chunks
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.dispatching import Dispatching
from molsteer.steering.loop.foreseen.chunks import ForeseenChunks
from molsteer.steering.loop.outcomes import log_ended
from molsteer.steering.loop.packets.packing import RunTimes, packed, packet_size
from molsteer.steering.policy.commands import CancelTasks, Command, Dispatch, Finish, UpdateEnded

log = logging.getLogger(__name__)

_AT_ONCE = 100
"""Tasks that are published together."""


class _Published(NamedTuple):
    at: float
    size_bytes: int
    moved: tuple[Transfer, ...]


def note_commands(ledger: Ledger, commands: Iterable[tuple[Command, float]]) -> None:
    """Note what was decided and when, tasks that follow one another at once; in a transaction."""
    ordered = list[tuple[Dispatch, float]]()
    for command, at in commands:
        match command:
            case CancelTasks(task_ids=task_ids):
                tasks.order_all(ledger, ordered)  # some of which may be taken back at once
                ordered.clear()
                tasks.revoke(ledger, task_ids)
            case UpdateEnded(generation=generation):
                predicted_chunks.forget(ledger, generation)
            case Finish():
                pass
            case _:
                ordered.append((command, at))
    tasks.order_all(ledger, ordered)


@dataclass
class Publishing:
    """Brings what waits in the ledger into the queues, several tasks at a time.

    That a task was published is noted after it was, and need not last: published twice is harmless.

    Attributes:
        slots: Gives how many simulations run at a time.
        run_times: How long they took lately.
        _unnoted: Tasks that are published, which the ledger does not know yet.
    """

    ledger: Ledger
    bus: Bus
    dispatching: Dispatching
    foreseen: ForeseenChunks
    clock: Callable[[], float]
    slots: Callable[[], int]
    run_times: RunTimes = field(init=False, default_factory=RunTimes)
    _unnoted: dict[str, _Published] = field(init=False, default_factory=dict)

    def publish_ready(self) -> None:
        """Publish all tasks that wait for it.

        Raises:
            ServiceUnavailable: If broker, store or disk does not take part; nothing is lost.
        """
        try:
            # Where the disk is full, what cannot be noted is not published with every step.
            ready = tasks.ready(self.ledger)
            waiting = [command for command in ready if command.task_id not in self._unnoted]
            for first in range(0, len(waiting), _AT_ONCE):
                self._publish(waiting[first : first + _AT_ONCE])
        finally:
            self._note_published()

    def note_ended(self, outcomes: Sequence[Outcome]) -> None:
        """Log that tasks have ended, and remember how long they took."""
        log_ended(outcomes)
        self.run_times.note(*outcomes)

    def _publish(self, commands: Sequence[Dispatch]) -> None:
        """Publish several together; where the data of one cannot be put, those before it."""
        self.bus.reopen([command.task_id for command in commands])  # a copy may have closed them
        reach("order-committed")
        written = dict[str, tuple[Task, tuple[Transfer, ...]]]()
        try:
            for command in commands:
                task = self.dispatching.task(command, self.clock())
                written[task.task_id] = (task, self._moved_for(command))
        finally:
            sizes = self.bus.publish(*self._packed([task for task, _ in written.values()]))
            for (task, moved), size_bytes in zip(written.values(), sizes, strict=True):
                self._unnoted[task.task_id] = _Published(task.issued_at, size_bytes, moved)
            if written:
                log.info("Tasks published.", extra={"task_ids": list(written)})
        reach("order-published")

    def _moved_for(self, command: Dispatch) -> tuple[Transfer, ...]:
        return (*self.dispatching.blobs.take_transfers(), *self.foreseen.take_transfers(command))

    def _packed(self, written: Sequence[Task]) -> list[Task | Packet]:
        @cache
        def size_at(level: str) -> int:
            in_flight = tasks.count_awaited(self.ledger, "simulate") + len(written)
            expected_s = self.run_times.expected_s(level)
            packet_s = self.dispatching.settings.queue.packet_s
            return packet_size(expected_s, in_flight, self.slots(), packet_s)

        return packed(written, size_at)

    def _note_published(self) -> None:
        if not self._unnoted:
            return
        with self.ledger.transaction(lasting=False):
            noted = self._unnoted.items()
            sizes = [(task_id, at, size_bytes) for task_id, (at, size_bytes, _) in noted]
            tasks.all_dispatched(self.ledger, sizes)
            for task_id, each in noted:
                transfers.add(self.ledger, task_id, "steering", each.moved)
        self._unnoted.clear()
