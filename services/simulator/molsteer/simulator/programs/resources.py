"""What a calculation of another program may take of the machine, as QCEngine is told."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from signal import SIGKILL

import qcengine
from qcengine.config import get_node_descriptor

from molsteer.shared.host.cores import usable_cores
from molsteer.shared.host.usage import descendants
from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.programs.errors import ProgramMissing

_LAUNCHER = "QCENGINE_MPIEXEC_COMMAND"
_MPIRUN = "mpirun{} --oversubscribe --bind-to none -np {{total_ranks}} -N {{ranks_per_node}}"
"""Open MPI's; it refuses more ranks than free cores, and root, unless it is told."""

_FREE = 0.8
"""Part of the machine's memory that calculations share."""

_LONGEST_S = 1e6


@dataclass(frozen=True, slots=True)
class Resources:
    """Cores of each node, nodes, and memory of each node, for one calculation at a time."""

    cores: int = 1
    nodes: int = 1
    memory_GiB: float | None = None

    @classmethod
    def of(cls, spec: SimulationSpec) -> Resources:
        """Read them from a specification."""
        return cls(spec.cores, spec.nodes, spec.memory_GiB)

    def task_config(self, program: str, folder: str) -> dict[str, str | int | float | bool]:
        """Say it to QCEngine.

        Raises:
            ProgramMissing: If there have to be several processes, and nothing starts them.
        """
        told: dict[str, str | int | float | bool] = {
            "ncores": self.cores,
            "nnodes": self.nodes,
            "memory": self.memory_GiB or self._share_GiB(),
            "scratch_directory": folder,
        }
        harness = qcengine.get_program(program, check=False)
        if harness.node_parallel and self.cores * self.nodes > 1:
            told["use_mpiexec"] = True
            if _LAUNCHER not in os.environ and get_node_descriptor().mpiexec_command is None:
                if shutil.which("mpirun") is None:
                    raise ProgramMissing("mpirun")
                root = " --allow-run-as-root" if os.geteuid() == 0 else ""
                told["mpiexec_command"] = _MPIRUN.format(root)
        return told

    def _share_GiB(self) -> float:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        return round(_FREE * whole * min(1.0, self.cores / usable_cores()), 3)


def find(program: str) -> str:
    """Make sure that a program is installed, and tell its version.

    Raises:
        ProgramMissing: If it is not, or QCEngine does not know it.
    """
    known = qcengine.list_all_programs()
    if program.lower() not in known:
        raise ProgramMissing(program, known)
    harness = qcengine.get_program(program, check=False)
    if not harness.found():
        raise ProgramMissing(program)
    return str(harness.get_version())


@contextmanager
def ended_in_time(deadline: Deadline) -> Iterator[None]:
    """End what is started meanwhile as soon as the deadline has passed; QCEngine waits for ever."""
    others = descendants(os.getpid())

    def end() -> None:
        for process in descendants(os.getpid()) - others:
            with suppress(ProcessLookupError):
                os.kill(process, SIGKILL)

    timer = threading.Timer(min(max(deadline.remaining_s, 0.0), _LONGEST_S), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
