"""What a worker uses of its machine, for its signs of life."""

from __future__ import annotations

import os
import time

from molsteer.shared.bus.workers import WorkerUse
from molsteer.shared.host.cores import usable_cores
from molsteer.shared.host.gpus import GpuWatch
from molsteer.shared.host.usage import use_of
from molsteer.shared.wire.topics import SERVING
from molsteer.shared.worker.plan import WorkerPlan

MEASURE_EVERY_S = 15.0
"""Memory that processes share takes Linux some milliseconds a process to find."""


class Meter:
    """Measures a worker's processes now and then, and its GPUs where it has some.

    Args:
        plan: What the worker is.
    """

    def __init__(self, plan: WorkerPlan) -> None:
        one_core = SERVING[plan.topic].takes_one_core
        self._cores = plan.processes if one_core else usable_cores()
        # A simulation leaves the GPUs to others.
        self._gpus = None if one_core else GpuWatch()
        self._measured_at: float | None = None

    def read_when_due(self) -> WorkerUse | None:
        """Measure, unless that was done a moment ago or cannot be done."""
        now = time.monotonic()
        if self._measured_at is not None and now - self._measured_at < MEASURE_EVERY_S:
            return None
        self._measured_at = now
        used, gpus = use_of(os.getpid()), self._gpus and self._gpus.look()
        if used is None:
            return None
        return WorkerUse(
            cores=self._cores,
            machine_cores=os.cpu_count() or self._cores,
            cpu_s=used.cpu_s,
            memory_bytes=used.memory_bytes,
            gpus=gpus.count if gpus else 0,
            gpu_busy=gpus.busy if gpus else None,
            gpu_memory_bytes=gpus.memory_bytes if gpus else 0,
            gpu_ids=gpus.ids if gpus else (),
        )

    def close(self) -> None:
        """Measure nothing more."""
        if self._gpus:
            self._gpus.close()
