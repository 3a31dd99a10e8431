"""What workers say about their machines, summed up by topic and site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from molsteer.shared.bus.workers import WorkerInfo
from molsteer.shared.wire.topics import Topic
from molsteer.steering.metrics.instruments import Instruments
from molsteer.steering.metrics.occupancy import Occupancy, gpus_of
from molsteer.steering.records.machines import UNNAMED, Held, cost_of
from molsteer.steering.settings.costs import CostsSection

_GAUGES = (
    *("worker_cores", "worker_cpu_cores", "worker_memory_bytes", "worker_memory_largest_bytes"),
    *("worker_gpus", "worker_gpu_busy_ratio", "worker_gpu_memory_bytes", "cost"),
)


@dataclass
class Machines:
    """Fills the figures of machines.

    Attributes:
        _cpu_s: Processor time of each worker when it was seen to have changed last, and when.
        _cores: Cores that each worker used before that, on average.
        _counted: What of that which was held is counted.
    """

    instruments: Instruments
    occupancy: Occupancy
    costs: CostsSection
    _cpu_s: dict[str, tuple[float, float]] = field(default_factory=dict)
    _cores: dict[str, float] = field(default_factory=dict)
    _counted: dict[tuple[Topic, str], Held] = field(default_factory=dict)

    def read(self, now_s: float) -> None:
        """Take over what is known of those who are there.

        Args:
            now_s: Seconds on a clock that nobody sets.
        """
        for name in _GAUGES:
            self.instruments.clear(name)
        together = defaultdict[tuple[Topic, str], list[WorkerInfo]](list)
        pools = self.occupancy.pools
        for worker in self.occupancy.there:
            if worker.use is not None and pools.get(worker.topic) == worker.pool:
                together[worker.topic, worker.site or UNNAMED].append(worker)
                self._note_cores(worker.node, worker.use.cpu_s, now_s)
        self._forget_who_left({w.node for workers in together.values() for w in workers})
        for (topic, site), workers in together.items():
            for name, value in self._figures(workers).items():
                self.instruments.set(name, value, topic=topic, site=site)
        self._count_held()

    def _figures(self, workers: list[WorkerInfo]) -> Mapping[str, float]:
        uses = [worker.use for worker in workers if worker.use is not None]
        own = gpus_of(workers)
        gpus = [own[worker.node] for worker in workers if worker.use is not None]
        figures: dict[str, float] = {
            "worker_cores": sum(use.cores for use in uses),
            "worker_cpu_cores": sum(self._cores.get(worker.node, 0.0) for worker in workers),
            "worker_memory_bytes": sum(use.memory_bytes for use in uses),
            "worker_memory_largest_bytes": max(use.memory_bytes for use in uses),
            "worker_gpus": round(sum(gpus), 9),
        }
        busy = [
            (use.gpu_busy, count)
            for use, count in zip(uses, gpus, strict=True)
            if use.gpu_busy is not None and count
        ]
        if busy:
            share = sum(part * count for part, count in busy) / sum(count for _, count in busy)
            figures["worker_gpu_busy_ratio"] = share
            figures["worker_gpu_memory_bytes"] = sum(
                use.gpu_memory_bytes * count / use.gpus
                for use, count in zip(uses, gpus, strict=True)
                if use.gpus
            )
        return figures

    def _note_cores(self, node: str, cpu_s: float, now_s: float) -> None:
        """Follow a worker's processor time, which it measures less often than it is read."""
        known = self._cpu_s.get(node)
        if known is not None:
            before_s, at_s = known
            if cpu_s == before_s or now_s <= at_s:
                return
            self._cores[node] = max(0.0, (cpu_s - before_s) / (now_s - at_s))
        self._cpu_s[node] = (cpu_s, now_s)

    def _forget_who_left(self, there: set[str]) -> None:
        for node in self._cpu_s.keys() - there:
            del self._cpu_s[node]
            self._cores.pop(node, None)

    def _count_held(self) -> None:
        for key, held in self.occupancy.held.items():
            topic, site = key
            known = self._counted.get(key, Held())
            where = {"topic": topic, "site": site}
            self.instruments.add("held_core_seconds", held.core_s - known.core_s, **where)
            self.instruments.add("held_gpu_seconds", held.gpu_s - known.gpu_s, **where)
            self._counted[key] = held
            cost = cost_of(held, self.costs)
            if cost is not None:
                self.instruments.set("cost", cost, **where, currency=self.costs.currency)
