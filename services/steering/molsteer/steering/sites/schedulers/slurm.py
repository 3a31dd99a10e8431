"""Slurm."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from molsteer.steering.sites.schedulers.block import Block, clock
from molsteer.steering.sites.schedulers.commands import LOOK_AT_IT, run, user
from molsteer.steering.sites.schedulers.port import Job
from molsteer.steering.sites.schedulers.script import Dialect

WARN_S = 60
"""How long before its end a job is told."""

_FORMAT = "%i|%j|%T|%e|%N|%r"
_ENDING = {"COMPLETING", "COMPLETED", "CANCELLED", "FAILED", "TIMEOUT", "NODE_FAIL", "PREEMPTED"}


class Slurm:
    """Slurm, by `sbatch`, `squeue` and `scancel`."""

    def submit(self, script: Path) -> str:
        """Submit a script."""
        said = run("Slurm", ["sbatch", "--parsable", str(script)], cure=LOOK_AT_IT)
        return said.strip().split(";")[0]

    def jobs(self, names: Collection[str]) -> list[Job]:
        """List jobs by their names."""
        chosen = ["--user", user(), "--name", ",".join(sorted(names))]
        told = run("Slurm", ["squeue", "--noheader", *chosen, "--sort=i", "--format", _FORMAT])
        return list(read_squeue(told))

    def cancel(self, ids: Sequence[str]) -> None:
        """End jobs: TERM to all their processes, and KILL some time later."""
        if ids:
            run("Slurm", ["scancel", *ids], forgive=["Invalid job id"])


def read_squeue(told: str) -> Iterator[Job]:
    """Read what squeue lists."""
    for line in told.splitlines():
        number, name, state, end, host, why = line.split("|", 5)
        match state:
            case "PENDING" | "CONFIGURING" | "REQUEUED" | "SPECIAL_EXIT":
                yield Job(number, name, "waiting", why="" if why == "None" else why)
            case _ if state in _ENDING:
                yield Job(number, name, "ending", host=host)
            case _:
                why = "" if state == "RUNNING" else state.lower()
                yield Job(number, name, "running", why, host, _moment(end))


def directives(block: Block) -> list[str]:
    """Say what a block needs."""
    asked = [
        f"--job-name={block.name}",
        f"--output={block.logs / block.topic}-%j.out",
        "--open-mode=append",
        f"--nodes={block.nodes} --ntasks-per-node=1 --cpus-per-task={block.cores}",
        f"--time={clock(block.walltime_s or 0)}",
        # To the script, in whose place the worker is, or to the workers that srun started.
        f"--signal={'B:' if block.nodes == 1 else ''}TERM@{WARN_S}",
    ]
    for option, value in (
        ("account", block.account),
        ("partition", block.queue),
        ("qos", block.qos),
        ("constraint", block.constraint),
        ("gpus-per-node", block.gpus or None),
    ):
        if value:
            asked.append(f"--{option}={value}")
    return asked


def _on_each_node(block: Block) -> str:
    gpus = f" --gpus-per-node={block.gpus}" if block.gpus else ""
    return (
        f"srun --nodes={block.nodes} --ntasks-per-node=1 --cpus-per-task={block.cores}{gpus} "
        f"--kill-on-bad-exit=0"
    )


DIALECT = Dialect("#SBATCH", directives, "SLURM_JOB_END_TIME", _on_each_node)


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
