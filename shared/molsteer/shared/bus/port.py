"""How steering and workers reach each other: two small ports over one record of tasks.

Queues are doorbells, never the record. A message may be lost or delivered twice; what counts is the
guard: `begin` lets one holder at a time run a task, and of all outcomes reported for a task id the
first stays until steering settles it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from molsteer.shared.wire.blob import ObjRef
from molsteer.shared.wire.messages import Outcome, Task
from molsteer.shared.wire.topics import Topic

Whereabouts = Literal["queued", "running", "finished", "absent"]
"""Where a task is: waiting for a worker, held by one, ended but not settled, or nowhere."""


@dataclass(frozen=True, slots=True)
class Run:
    """The caller holds the task now and must run it.

    Attributes:
        start: How many times the task has begun, this time included.
        killed: How often its process died while the worker lived. A start that was lost with the
            whole worker is none of these: machines and batch jobs end without any fault of a task.
    """

    start: int
    killed: int = 0


Packet = tuple[Task, ...]
"""Several tasks of one campaign and topic in one message; each counts as if it had come alone."""

Verdict = Run | Literal["busy", "done", "cancelled"]
"""Whether to run: as `Run` says, or not because it is held, has ended, or is not wanted."""


class Dispatch(Protocol):
    """Steering's side of the bus, for one campaign."""

    def publish(self, *messages: Task | Packet) -> Sequence[int]:
        """Put tasks into their topics' queues, in this order; repeating it is harmless.

        Some of them may be there although it failed.

        Returns:
            How many bytes each task takes.

        Raises:
            ServiceUnavailable: If the broker does not take it.
        """
        ...

    def collect(self, timeout_s: float) -> Sequence[Outcome]:
        """Wait until outcomes are there or the time is over; return all that are not settled.

        An outcome comes back with every call until it is settled, so that a crash between
        reading and recording it loses nothing.

        Raises:
            ServiceUnavailable: If the broker does not answer.
        """
        ...

    def settle(self, task_ids: Collection[str]) -> None:
        """Forget the outcomes of tasks once they are recorded; none of them begins any more.

        Repeating it is harmless.
        """
        ...

    def cancel(self, task_ids: Collection[str]) -> None:
        """Take tasks back: none of them begins any more, and holders are asked to stop."""
        ...

    def withdraw(self, tasks: Collection[tuple[Topic, str]]) -> None:
        """Take messages that no worker has taken out of the queues, until they are put again."""
        ...

    def reopen(self, task_ids: Collection[str]) -> int:
        """Let tasks begin again that were settled or taken back; tell how many of them were."""
        ...

    def bury(self, outcome: Outcome, reason: str) -> None:
        """Put an outcome that cannot be recorded aside for a human; its task may begin again."""
        ...

    def whereabouts(self, tasks: Collection[tuple[Topic, str]]) -> Mapping[str, Whereabouts]:
        """Tell where each task is; one that is `absent` was lost and may be published again."""
        ...

    def foresee(self, topic: Topic, refs: Sequence[ObjRef]) -> None:
        """Tell what the tasks of a topic will need, in that order, instead of what was told before.

        Nothing depends on it: a worker may fetch that while it waits.

        Raises:
            ServiceUnavailable: If the broker does not take it.
        """
        ...

    def retire(self) -> None:
        """Remove every trace of the campaign but which tasks must not begin; that expires.

        Outcomes that are still reported are dropped.
        """
        ...

    def close(self) -> None:
        """Release connections; queued tasks and outcomes stay."""
        ...


class Guard(Protocol):
    """A worker's side of the bus."""

    def begin(self, task: Task) -> Verdict:
        """Ask for the right to run a task; `Run` gives it together with a lease."""
        ...

    def finish(self, outcome: Outcome) -> bool:
        """Hand over an outcome, release the lease and ring steering's doorbell, all at once.

        Returns:
            Whether this outcome counts; False if another one came first, or the campaign is over.

        Raises:
            ServiceUnavailable: If the broker did not take it within the guard's patience.
        """
        ...

    def pass_on(self, outcome: Outcome, following: Task) -> tuple[bool, Verdict]:
        """Do both at once: `finish` for a task, `begin` for another one of its campaign.

        The doorbell need not be rung yet, for another outcome follows.
        """
        ...

    def bury(self, data: bytes, reason: str) -> None:
        """Put a message that cannot be read aside for a human."""
        ...
