"""Runs the commands of batch systems."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from molsteer.steering.sites.errors import SchedulerFailed, SchedulerMissing

WITHIN_S = 60.0


def run(
    system: str,
    command: Sequence[str],
    *,
    cure: str = "Ask again later.",
    stdin: Path | None = None,
    forgive: Collection[str] = (),
) -> str:
    """Run a command in plain English and give what it writes.

    Args:
        system: The batch system's name.
        command: The command.
        cure: What the user can do if it fails.
        stdin: What it reads.
        forgive: Words of a complaint that is no failure, as of a job that has ended.

    Raises:
        SchedulerMissing: If there is no such command.
        SchedulerFailed: If it fails, or does not answer in time.
    """
    plain = {"LC_ALL": "C", "SLURM_TIME_FORMAT": "standard"}
    try:
        with (stdin or Path(os.devnull)).open("rb") as source:
            done = subprocess.run(
                command,
                env=os.environ | plain,
                stdin=source,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=WITHIN_S,
                check=False,
            )
    except FileNotFoundError:
        raise SchedulerMissing(system, command[0]) from None
    except subprocess.TimeoutExpired:
        said = f"nothing within {WITHIN_S:g} s"
        raise SchedulerFailed(command[0], said, "Ask again later.") from None
    said = f"{done.stderr.strip()} {done.stdout.strip()}".strip()
    said = said or f"nothing (status {done.returncode})"
    if done.returncode and not any(words in said for words in forgive):
        raise SchedulerFailed(command[0], said, cure)
    return done.stdout


def user() -> str:
    """Name the user whose jobs ours are."""
    return pwd.getpwuid(os.geteuid()).pw_name


LOOK_AT_IT = "Look at the script with `molsteer site render`, and correct the profile."
