"""Counts what workers hold while a campaign is steered, whether or not anybody scrapes it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf

from molsteer.shared.bus.workers import WorkerInfo, live_workers
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.machines import UNNAMED, Held, as_fact, read_held

LOOK_EVERY_S, KEEP_EVERY_S = 10.0, 60.0

LONGEST_S = 60.0
"""What lies between two looks counts at most so long: nobody knows who was there meanwhile."""


@dataclass
class Occupancy:
    """Adds up the cores and GPUs of the workers of a campaign's pools.

    A worker that serves several campaigns counts for each of them.

    Attributes:
        pools: The pool of each topic.
        held: What was held so far, in earlier sessions as well, by topic and site.
        there: The workers that were there at the last look.
    """

    queue: QueueSettings
    pools: dict[Topic, str]
    ledger: Ledger
    held: dict[tuple[Topic, str], Held] = field(init=False)
    there: list[WorkerInfo] = field(init=False, default_factory=list)
    _due_at_s: float = field(init=False, default=-inf)
    _counted_at_s: float | None = field(init=False, default=None)
    _kept_at_s: float = field(init=False, default=-inf)

    def __post_init__(self) -> None:
        self.held = read_held(self.ledger)

    def look_when_due(self, now_s: float) -> None:
        """Look who is there, and count those who were since the last look.

        Args:
            now_s: Seconds on a clock that nobody sets.
        """
        if now_s < self._due_at_s:
            return
        self._due_at_s = now_s + LOOK_EVERY_S
        try:
            there = live_workers(self.queue)
        except ServiceUnavailable:
            return  # nobody is taken for gone, and the next look counts
        self._count_until(now_s)
        self.there = there
        if now_s - self._kept_at_s >= KEEP_EVERY_S:
            self._kept_at_s = now_s
            self._keep()

    def conclude(self, now_s: float) -> None:
        """Count those who are there until now, and write that down."""
        self._count_until(now_s)
        self._keep()

    def _count_until(self, now_s: float) -> None:
        if self._counted_at_s is not None:
            self.count(self.there, min(now_s - self._counted_at_s, LONGEST_S))
        self._counted_at_s = now_s

    def count(self, workers: Iterable[WorkerInfo], duration_s: float) -> None:
        """Add what workers held for some time."""
        ours = [worker for worker in workers if self.pools.get(worker.topic) == worker.pool]
        shares, held_gpus = _shares(ours), gpus_of(ours)
        for worker in ours:
            key = (worker.topic, worker.site or UNNAMED)
            cores = _cores(worker) * shares[worker.host]
            gpus = held_gpus[worker.node]
            held = self.held.get(key, Held())
            self.held[key] = Held(held.core_s + cores * duration_s, held.gpu_s + gpus * duration_s)

    def _keep(self) -> None:
        """Write down what was held; a ledger that takes no part has it later."""
        with suppress(ServiceUnavailable), self.ledger.transaction():
            self.ledger.set_fact("machines", as_fact(self.held))


def _cores(worker: WorkerInfo) -> int:
    return worker.use.cores if worker.use else worker.processes


def _shares(workers: Iterable[WorkerInfo]) -> dict[str, float]:
    """Tell what part of its cores a worker has to itself, by host.

    Workers that a campaign starts on one machine may all use all its cores, and it has them once.
    """
    asked, there = Counter[str](), dict[str, int]()
    for worker in workers:
        asked[worker.host] += _cores(worker)
        if worker.use:
            there[worker.host] = worker.use.machine_cores
    return {
        host: min(1.0, there.get(host, cores) / cores) if cores else 1.0
        for host, cores in asked.items()
    }


def gpus_of(workers: Sequence[WorkerInfo]) -> dict[str, float]:
    """Tell how many GPUs each worker has, by node; one that several use is shared out among them.

    A trainer and an inferencer of one machine may both use all its GPUs, and it has them once.
    """
    uses = {worker.node: worker.use for worker in workers if worker.use}
    users = Counter(gpu for use in uses.values() for gpu in use.gpu_ids)
    return defaultdict(
        float,
        {
            node: use.gpus - len(use.gpu_ids) + sum(1.0 / users[gpu] for gpu in use.gpu_ids)
            for node, use in uses.items()
        },
    )
