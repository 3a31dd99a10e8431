"""What the GPUs that are ours do, as NVIDIA's own program tells; nobody waits for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

_MIB = 1 << 20
_ASK = (
    "nvidia-smi",
    "--query-gpu=uuid,utilization.gpu,memory.used",
    "--format=csv,noheader,nounits",
)


@dataclass(frozen=True, slots=True)
class GpuUse:
    """What some GPUs do.

    Attributes:
        count: How many they are.
        busy: Part of the time that they computed lately, on average; None if it is not told.
        memory_bytes: What of their memory is in use, by whomever, all together.
        ids: What each is called, on whatever machine it is.
    """

    count: int
    busy: float | None
    memory_bytes: int
    ids: tuple[str, ...] = ()


class GpuWatch:
    """Asks about GPUs in the background: each look gives the answer to the question before.

    Where there is no GPU, or no program that tells, it asks once and never again.

    Args:
        environment: Where `CUDA_VISIBLE_DEVICES` tells which GPUs are ours.
        ask: The program and its arguments.
    """

    def __init__(
        self, environment: Mapping[str, str] = os.environ, ask: Sequence[str] = _ASK
    ) -> None:
        visible = environment.get("CUDA_VISIBLE_DEVICES")
        self._ask = [*ask, f"--id={visible}"] if visible else list(ask)
        self._gives_up = visible == ""
        self._asked: subprocess.Popen[str] | None = None
        self._known: GpuUse | None = None

    def look(self) -> GpuUse | None:
        """Give what is known, and ask again; None where there is no GPU."""
        if self._gives_up:
            return self._known
        if self._asked is None:
            self._begin()
        elif self._asked.poll() is not None:
            self._take_answer(self._asked)
            self._asked = None
            if not self._gives_up:
                self._begin()
        return self._known

    def close(self) -> None:
        """Ask nothing more."""
        self._gives_up = True
        if self._asked is not None:
            self._asked.kill()
            self._asked.communicate()
            self._asked = None

    def _begin(self) -> None:
        try:
            self._asked = subprocess.Popen(
                self._ask,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        except OSError:
            self._gives_up = True

    def _take_answer(self, process: subprocess.Popen[str]) -> None:
        text, _ = process.communicate()
        rows = [line.split(",") for line in text.splitlines() if line.count(",") == 2]
        if process.returncode or not rows:
            self._gives_up = self._known is None
            return
        busy, memory_bytes = list[float](), 0
        for row in rows:
            with suppress(ValueError):  # "[N/A]" where a part of a GPU is ours
                busy.append(min(max(float(row[1]) / 100.0, 0.0), 1.0))
            with suppress(ValueError):
                memory_bytes += int(float(row[2])) * _MIB
        ids = tuple(row[0].strip() for row in rows)
        self._known = GpuUse(len(rows), sum(busy) / len(busy) if busy else None, memory_bytes, ids)
