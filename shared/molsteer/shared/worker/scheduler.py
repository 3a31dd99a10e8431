"""Asks a batch system when the job ends in which this process runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

_WITHIN_S = 10.0

_VARIABLES = {
    "SLURM_JOB_ID": "Slurm",
    "PBS_JOBID": "PBS",
    "LSB_JOBID": "LSF",
    "FLUX_JOB_ID": "Flux",
    "COBALT_JOBID": "Cobalt",
}
"""Where batch systems tell a process its job."""

Ask = Callable[[Sequence[str]], str]
"""Runs a command and gives what it writes, or nothing where it fails."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a batch system."""

    system: str
    id: str


def job_of(environment: Mapping[str, str]) -> Job | None:
    """Tell in which job a process with these variables runs."""
    for variable, system in _VARIABLES.items():
        if name := environment.get(variable):
            return Job(system, name)
    return None


def ask(command: Sequence[str]) -> str:
    """Run a command of a batch system in plain English, for ten seconds at most."""
    import subprocess  # takes its time

    plain = {"LC_ALL": "C", "SLURM_TIME_FORMAT": "standard"}
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(
            command,
            env=os.environ | plain,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_WITHIN_S,
            check=True,
        ).stdout
    return ""


def end_of(job: Job, now: float, ask: Ask = ask) -> float | None:
    """Give the end of a job in seconds of the Unix epoch, or None if it cannot be found out."""
    match job.system:
        case "Slurm":
            told = ask(["squeue", "--noheader", "--jobs", job.id, "--format", "%e"]).split()
            if not any(map(_moment, told)):
                told = re.findall(r"\bEndTime=(\S+)", ask(["scontrol", "show", "job", job.id]))
            return min(filter(None, map(_moment, told)), default=None)
        case "PBS":
            return end_in_pbs(ask(["qstat", "-f", job.id]), now)
        case _:
            return None


def duration_s(text: str) -> float:
    """Read `[[DAYS-]HOURS:]MINUTES:SECONDS`, or seconds alone.

    Raises:
        ValueError: If it is none of these.
    """
    days, dash, clock = text.rpartition("-")
    parts = [float(part) for part in clock.split(":")]
    if len(parts) > 3 or (dash and not days):
        raise ValueError(text)
    seconds = sum(part * 60.0**place for place, part in enumerate(reversed(parts)))
    return seconds + 86_400.0 * (int(days) if days else 0)


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:  # as N/A and Unknown
        return None


def end_in_pbs(told: str, now: float) -> float | None:
    """Read the end of a job, in seconds of the Unix epoch, from what `qstat -f` tells of it."""
    facts = dict(re.findall(r"^\s*([\w.]+) = (.*)$", told.replace("\n\t", ""), re.MULTILINE))
    try:
        if remaining := facts.get("Walltime.Remaining"):  # Torque
            return now + float(remaining)
        began = datetime.strptime(  # noqa: DTZ007 - it is local
            facts.get("stime") or facts["start_time"], "%a %b %d %H:%M:%S %Y"
        )
        return began.timestamp() + duration_s(facts["Resource_List.walltime"])
    except (KeyError, ValueError):
        return None
