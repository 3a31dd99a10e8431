"""Both sides of the bus in this process's memory, for tests and for work without any server."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Mapping, Sequence

from molsteer.shared.bus.port import Packet, Run, Verdict, Whereabouts
from molsteer.shared.wire.blob import ObjRef
from molsteer.shared.wire.codec import decode_outcome, decode_task, encode
from molsteer.shared.wire.messages import Outcome, Task
from molsteer.shared.wire.topics import Topic


class MemoryBus:
    """One campaign's bus; messages are encoded as on the real one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queues: defaultdict[Topic, deque[tuple[str, bytes]]] = defaultdict(deque)
        self._leases: set[str] = set()
        self._starts: Counter[str] = Counter()
        self._killed: Counter[str] = Counter()
        self._outcomes: dict[str, bytes] = {}
        self._closed: set[str] = set()
        self._is_retired = False
        self.foreseen: dict[Topic, tuple[ObjRef, ...]] = {}
        self.dead_letters: list[tuple[bytes, str]] = []

    def publish(self, *messages: Task | Packet) -> Sequence[int]:
        """Put tasks into their topics' queues, in this order; repeating it is harmless."""
        sizes = list[int]()
        with self._changed:
            for message in messages:
                for task in message if isinstance(message, tuple) else (message,):
                    text = encode(task)
                    self._queues[task.topic].append((task.task_id, text))
                    sizes.append(len(text))
        return sizes

    def take(self, topic: Topic) -> Task | None:
        """Take the next task out of a queue, as a worker does; None if it is empty."""
        with self._changed:
            queue = self._queues[topic]
            return decode_task(queue.popleft()[1]) if queue else None

    def begin(self, task: Task) -> Verdict:
        """Ask for the right to run a task; `Run` gives it together with a lease."""
        with self._changed:
            if task.task_id in self._outcomes:
                return "done"
            if task.task_id in self._closed:
                return "cancelled"
            if task.task_id in self._leases:
                return "busy"
            self._leases.add(task.task_id)
            self._starts[task.task_id] += 1
            return Run(self._starts[task.task_id], self._killed[task.task_id])

    def finish(self, outcome: Outcome) -> bool:
        """Hand over an outcome, release the lease and ring steering's doorbell, all at once."""
        data = encode(outcome)
        with self._changed:
            self._leases.discard(outcome.task_id)
            if self._is_retired:
                return False
            counts = self._outcomes.setdefault(outcome.task_id, data) == data
            self._changed.notify_all()
            return counts

    def pass_on(self, outcome: Outcome, following: Task) -> tuple[bool, Verdict]:
        """Hand over an outcome and ask for the next task."""
        return self.finish(outcome), self.begin(following)

    def bury(self, data: bytes | Outcome, reason: str) -> None:
        """Put a message that cannot be used aside for a human; the task of an outcome may begin."""
        if isinstance(data, Outcome):
            with self._changed:
                self._outcomes.pop(data.task_id, None)
            data = encode(data)
        self.dead_letters.append((data, reason))

    def expire_leases(self) -> None:
        """Let every holder lose its task, as if it had died."""
        with self._changed:
            self._leases.clear()

    def lose_process(self, task_id: str) -> None:
        """Let a task's process die, and its worker tell."""
        with self._changed:
            self._leases.discard(task_id)
            self._killed[task_id] += 1

    def collect(self, timeout_s: float) -> Sequence[Outcome]:
        """Wait until outcomes are there or the time is over; return all that are not settled."""
        with self._changed:
            self._changed.wait_for(lambda: self._outcomes, timeout_s)
            return [decode_outcome(data) for data in self._outcomes.values()]

    def settle(self, task_ids: Collection[str]) -> None:
        """Forget everything about tasks whose outcome is recorded; repeating it is harmless."""
        with self._changed:
            for task_id in task_ids:
                self._outcomes.pop(task_id, None)
                self._starts.pop(task_id, None)
                self._killed.pop(task_id, None)
                self._closed.add(task_id)

    def cancel(self, task_ids: Collection[str]) -> None:
        """Take tasks back: none of them begins any more, and holders are asked to stop."""
        with self._changed:
            self._closed.update(task_ids)

    def withdraw(self, tasks: Collection[tuple[Topic, str]]) -> None:
        """Take messages that no worker has taken out of the queues, until they are put again."""
        with self._changed:
            for topic, task_id in tasks:
                kept = [waiting for waiting in self._queues[topic] if waiting[0] != task_id]
                self._queues[topic] = deque(kept)

    def reopen(self, task_ids: Collection[str]) -> int:
        """Let tasks begin again that were settled or taken back; tell how many of them were."""
        with self._changed:
            closed = self._closed.intersection(task_ids)
            self._closed -= closed
            return len(closed)

    def whereabouts(self, tasks: Collection[tuple[Topic, str]]) -> Mapping[str, Whereabouts]:
        """Tell where each task is; one that is `absent` was lost and may be published again."""
        with self._changed:
            return {task_id: self._locate(topic, task_id) for topic, task_id in tasks}

    def foresee(self, topic: Topic, refs: Sequence[ObjRef]) -> None:
        """Tell what the tasks of a topic will need."""
        with self._changed:
            self.foreseen[topic] = tuple(refs)

    def retire(self) -> None:
        """Remove every trace of the campaign but which tasks must not begin."""
        with self._changed:
            self._is_retired = True
            self._outcomes.clear()
            for queue in self._queues.values():
                queue.clear()
            self._starts.clear()
            self.foreseen.clear()

    def close(self) -> None:
        """Do nothing: there are no connections."""

    def _locate(self, topic: Topic, task_id: str) -> Whereabouts:
        if task_id in self._outcomes:
            return "finished"
        if task_id in self._leases:
            return "running"
        queued = any(task_id == waiting for waiting, _ in self._queues[topic])
        return "queued" if queued else "absent"
