"""IBM Spectrum LSF."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from molsteer.steering.sites.errors import SchedulerFailed
from molsteer.steering.sites.schedulers.block import Block
from molsteer.steering.sites.schedulers.commands import LOOK_AT_IT, run
from molsteer.steering.sites.schedulers.port import Job
from molsteer.steering.sites.schedulers.script import Dialect

WARN_MINUTES = 2
"""How long before its end a job is told."""

_FORMAT = "jobid job_name stat exec_host time_left pend_reason delimiter='|'"


class Lsf:
    """LSF, by `bsub`, `bjobs` and `bkill`."""

    def submit(self, script: Path) -> str:
        """Submit a script."""
        said = run("LSF", ["bsub"], stdin=script, cure=LOOK_AT_IT)
        if found := re.search(r"Job <(\d+)>", said):
            return found[1]
        raise SchedulerFailed("bsub", said or "nothing", LOOK_AT_IT)

    def jobs(self, names: Collection[str]) -> list[Job]:
        """List jobs by their names."""
        none = ["No unfinished job found"]
        told = run("LSF", ["bjobs", "-noheader", "-o", _FORMAT], forgive=none)
        return [job for job in read_bjobs(told, time.time()) if job.name in names]

    def cancel(self, ids: Sequence[str]) -> None:
        """End jobs: INT, TERM, and KILL, with some time between."""
        if ids:
            run("LSF", ["bkill", *ids], forgive=["Job has already finished", "No matching job"])


def read_bjobs(told: str, now: float) -> Iterator[Job]:
    """Read what bjobs lists."""
    for line in told.splitlines():
        if line.count("|") < 5:
            continue
        number, name, state, host, left, why = (part.strip() for part in line.split("|", 5))
        match state:
            case "PEND" | "PSUSP" | "WAIT" | "PROV":
                yield Job(number, name, "waiting", why="" if why == "-" else why)
            case "DONE" | "EXIT" | "ZOMBI":
                yield Job(number, name, "ending")
            case _:
                suspended = "" if state == "RUN" else f"suspended ({state})"
                yield Job(number, name, "running", suspended, host, _moment(left, now))


def directives(block: Block) -> list[str]:
    """Say what a block needs."""
    minutes = -(-(block.walltime_s or 0) // 60)
    asked = [
        f"-J {block.name}",
        f"-o {block.logs / block.topic}-%J.out",
        f"-n {block.nodes * block.cores}",
        f'-R "span[ptile={block.cores}]"',
        f"-W {minutes // 60:02d}:{minutes % 60:02d}",
        f"-wa TERM -wt {WARN_MINUTES}",
        "-r",
    ]
    if block.account:
        asked.append(f"-P {block.account}")
    if block.queue:
        asked.append(f"-q {block.queue}")
    if block.constraint:
        asked.append(f'-R "{block.constraint}"')
    if block.gpus:
        asked.append(f'-gpu "num={block.gpus}:mode=shared"')
    return asked


def _on_each_node(_block: Block) -> str:
    return 'blaunch -z "$(sort -u "$LSB_DJOB_HOSTFILE" | tr "\\n" " ")"'


DIALECT = Dialect("#BSUB", directives, "", _on_each_node)


def _moment(left: str, now: float) -> float | None:
    found = re.match(r"(\d+):(\d+)", left)
    return now + 3600.0 * int(found[1]) + 60.0 * int(found[2]) if found else None
