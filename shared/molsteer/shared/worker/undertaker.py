"""Cleans up behind a worker however it ended, from a small process of its own.

    python -m molsteer.shared.worker.undertaker SCRATCH

It waits until its standard input closes, which happens when the last process of the worker is gone,
then ends what tasks had started and removes the worker's scratch folders. Linux takes the pool's
processes down with a killed worker, but not the programs they had started.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


def hire_undertaker(scratch: Path, lock: int | None = None) -> subprocess.Popen[bytes]:
    """Have a worker's remains looked after from its end on, which needs no word of it.

    Args:
        scratch: The worker's folder.
        lock: What holds it; the undertaker holds it as well, until its work is done.
    """
    return subprocess.Popen(
        [sys.executable, "-m", __name__, scratch],
        stdin=subprocess.PIPE,
        start_new_session=True,
        pass_fds=() if lock is None else (lock,),
    )


def bury(scratch: Path, pid: int) -> None:
    """End what a process of the pool had started, and remove its scratch folders.

    Processes of the pool lead a group each, and name their folder after it.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    shutil.rmtree(scratch / str(pid), ignore_errors=True)


def main() -> None:
    """Wait for the end of the worker that started this process, and clean up."""
    # Batch systems tell every process of a job to stop; this one has its work after that.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    scratch = Path(sys.argv[1])
    sys.stdin.read()
    for folder in scratch.glob("*"):
        if folder.name.isdecimal():
            bury(scratch, int(folder.name))
    shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
