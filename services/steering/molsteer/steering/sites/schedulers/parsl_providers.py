"""Parsl's execution providers, set up for a block of workers."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Protocol

from molsteer.steering.sites.errors import ParslMissing
from molsteer.steering.sites.schedulers.block import Block, clock
from molsteer.steering.sites.schedulers.lsf import WARN_MINUTES
from molsteer.steering.sites.schedulers.script import Dialect
from molsteer.steering.sites.schedulers.slurm import WARN_S

System = Literal["slurm", "pbs", "lsf", "none"]

_ID: dict[System, str] = {
    "slurm": "SLURM_JOB_ID",
    "pbs": "PBS_JOBID",
    "lsf": "LSB_JOBID",
    "none": "PPID",  # the shell that Parsl takes for the job
}
"""The shell's variable with the number of a block's job."""

_GONE = ("Invalid job id", "Unknown Job Id", "Job has finished", "is not found")
"""How batch systems complain about jobs that have ended long ago."""

_WITHIN_S = 60


class Provider(Protocol):
    """What of a provider is used.

    Attributes:
        resources: What it knows of each job.
    """

    resources: dict[Any, Any]

    def submit(self, command: str, tasks_per_node: int, job_name: str = ...) -> object:
        """Submit a job; give its number, or nothing."""
        ...

    def status(self, job_ids: Sequence[Any]) -> Sequence[Any]:
        """Tell the states of jobs that it knows."""
        ...

    def cancel(self, job_ids: Sequence[Any]) -> Sequence[bool]:
        """End jobs that it knows."""
        ...


def dialect_of(native: Dialect, system: System) -> Dialect:
    """Change how a batch system's scripts are written: what a block asks for, Parsl says."""

    def first(block: Block) -> list[str]:
        place = shlex.quote(str(block.logs / f"{block.topic}-"))
        return [
            "# A job that Parsl wrote runs this; what is said goes where it can be found.",
            f'exec >>{place}"${_ID[system]}.out" 2>&1',
        ]

    return replace(native, directives=lambda _block: [], first=first)


def provider_of(system: System, block: Block, scripts: Path) -> Provider:
    """Make the provider of a block.

    Raises:
        ParslMissing: If Parsl is not installed here.
    """
    try:
        from parsl import launchers, providers
    except ImportError:
        raise ParslMissing from None
    parsl: Any = providers  # most of it has no types
    common = {"nodes_per_block": block.nodes, "launcher": launchers.SimpleLauncher()}
    job = common | {"walltime": clock(block.walltime_s or 0), "cmd_timeout": _WITHIN_S}
    provider: Any
    match system:
        case "slurm":
            provider = parsl.SlurmProvider(
                partition=block.queue,
                account=block.account,
                qos=block.qos,
                constraint=block.constraint,
                cores_per_node=block.cores,
                gpus_per_node=block.gpus or None,
                scheduler_options=_options("#SBATCH", block, _of_slurm(block)),
                exclusive=False,
                **job,
            )
        case "pbs":
            gpus = f":ngpus={block.gpus}" if block.gpus else ""
            provider = parsl.PBSProProvider(
                account=block.account,
                queue=block.queue,
                cpus_per_node=block.cores,
                select_options=gpus + (f":{block.constraint}" if block.constraint else ""),
                scheduler_options=_options("#PBS", block, ["-l place=scatter", "-j oe", "-r y"]),
                **job,
            )
        case "lsf":
            provider = parsl.LSFProvider(
                project=block.account,
                queue=block.queue,
                request_by_nodes=False,
                cores_per_block=block.nodes * block.cores,
                cores_per_node=block.cores,
                bsub_redirection=True,
                scheduler_options=_options("#BSUB", block, _of_lsf(block)),
                **job,
            )
        case "none":
            provider = parsl.LocalProvider(cmd_timeout=_WITHIN_S, **common)
    provider.script_dir = str(scripts)
    if system != "none":
        provider.execute_wait = _forgiving(provider.execute_wait)
    chosen: Provider = provider
    return chosen


def _forgiving(ask: Callable[..., tuple[int, str, str]]) -> Callable[..., tuple[int, str, str]]:
    """Let jobs that ended long ago be no reason for the providers to say nothing of all others."""

    def asked(command: str, timeout: int | None = None) -> tuple[int, str, str]:
        status, said, complaint = ask(command, timeout)
        if status and any(words in complaint for words in _GONE):
            return 0, said or ("{}" if "json" in command else ""), complaint
        return status, said, complaint

    return asked


def _options(mark: str, block: Block, own: Sequence[str]) -> str:
    return "\n".join(f"{mark} {line}" for line in (*own, *block.options))


def _of_slurm(block: Block) -> list[str]:
    return [f"--signal={'B:' if block.nodes == 1 else ''}TERM@{WARN_S}"]


def _of_lsf(block: Block) -> list[str]:
    asked = [f"-wa TERM -wt {WARN_MINUTES}", "-r"]
    if block.constraint:
        asked.append(f'-R "{block.constraint}"')
    if block.gpus:
        asked.append(f'-gpu "num={block.gpus}:mode=shared"')
    return asked
