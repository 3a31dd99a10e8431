"""PBS Professional, OpenPBS and Torque."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from molsteer.shared.worker.scheduler import end_in_pbs
from molsteer.steering.sites.schedulers.block import Block, clock
from molsteer.steering.sites.schedulers.commands import LOOK_AT_IT, run
from molsteer.steering.sites.schedulers.port import Job
from molsteer.steering.sites.schedulers.script import Dialect

_NONE = 153
"""With this status, qstat knows no such job."""


class Pbs:
    """PBS, by `qsub`, `qstat` and `qdel`."""

    def submit(self, script: Path) -> str:
        """Submit a script."""
        # The command line as well: Slurm's qsub takes its own defaults for stronger directives.
        output = ["-j", "oe", "-o", str(_output(script))]
        return run("PBS", ["qsub", *output, str(script)], cure=LOOK_AT_IT).strip()

    def jobs(self, names: Collection[str]) -> list[Job]:
        """List jobs by their names; no two users have the same."""
        told = run("PBS", ["qstat", "-f"], forgive=[f"(status {_NONE})", "Unknown Job"])
        return [job for job in read_qstat(told, time.time()) if job.name in names]

    def cancel(self, ids: Sequence[str]) -> None:
        """End jobs: TERM, and KILL some time later."""
        if ids:
            run("PBS", ["qdel", *ids], forgive=["Unknown Job", "has finished", "(status "])


def read_qstat(told: str, now: float) -> Iterator[Job]:
    """Read what `qstat -f` tells of all jobs."""
    whole = re.sub(r"\n\t(?![\w.]+ = )", "", told)  # long values go on in the next line
    for text in re.split(r"^Job Id:\s*", whole, flags=re.MULTILINE)[1:]:
        number, _, rest = text.partition("\n")
        facts = dict(re.findall(r"^\s*([\w.]+) = (.*)$", rest, re.MULTILINE))
        name, why = facts.get("Job_Name", ""), facts.get("comment", "")
        host = facts.get("exec_host", "").split("/")[0].strip()
        match facts.get("job_state", "").strip():
            case "R" | "S" | "U" | "B":
                yield Job(number.strip(), name, "running", "", host, end_in_pbs(text, now))
            case "E":
                yield Job(number.strip(), name, "ending", "", host)
            case "C" | "F" | "X":
                pass
            case state:
                held = "it is held" if state == "H" else ""
                yield Job(number.strip(), name, "waiting", why or held)


def directives(block: Block) -> list[str]:
    """Say what a block needs."""
    gpus = f":ngpus={block.gpus}" if block.gpus else ""
    more = f":{block.constraint}" if block.constraint else ""
    asked = [
        f"-N {block.name}",
        f"-l select={block.nodes}:ncpus={block.cores}{gpus}{more}",
        "-l place=scatter",
        f"-l walltime={clock(block.walltime_s or 0)}",
        "-j oe",
        f"-o {_output(block.script)}",
        "-r y",
    ]
    if block.account:
        asked.append(f"-A {block.account}")
    if block.queue:
        asked.append(f"-q {block.queue}")
    return asked


def _output(script: Path) -> Path:
    """Name the file of what jobs say before their output goes into logs of their own."""
    return script.with_suffix(".pbs")


def _first(block: Block) -> list[str]:
    place = shlex.quote(str(block.logs / f"{block.topic}-"))
    return [
        "# PBS shows what jobs say only after their end; this shows it at once.",
        f'exec >>{place}"${{PBS_JOBID:-job}}.out" 2>&1',
    ]


def _on_each_node(block: Block) -> str:
    return f"mpiexec -n {block.nodes} --ppn 1"


DIALECT = Dialect("#PBS", directives, "", _on_each_node, _first)
