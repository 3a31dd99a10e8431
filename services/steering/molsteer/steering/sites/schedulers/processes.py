"""No batch system: blocks are processes of this machine."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from molsteer.shared.host.detached import has_ended, start_detached
from molsteer.shared.host.files.private_files import write_private
from molsteer.steering.sites.schedulers.block import Block
from molsteer.steering.sites.schedulers.port import Job
from molsteer.steering.sites.schedulers.script import Dialect

END_WITHIN_S = 15.0


class Processes:
    """Starts scripts in the background.

    Args:
        folder: Knows what was started: a file for each process, by its number and its start.
        logs: Where the scripts write what they say.
        host: Name of this machine.
    """

    def __init__(self, folder: Path, logs: Path, host: str) -> None:
        self._folder, self._logs, self._host = folder, logs, host

    def submit(self, script: Path) -> str:
        """Start a script; it goes on when this process ends."""
        self._folder.mkdir(exist_ok=True)
        name = _name_in(script)
        log = self._logs / f"{script.stem}-{time.time_ns()}.out"
        pid = start_detached(["bash", script], log)
        number = f"{pid}.{_start_of(pid)}"
        log.rename(log.with_name(f"{script.stem}-{number}.out"))
        write_private(self._folder / number, name)
        return number

    def jobs(self, names: Collection[str]) -> list[Job]:
        """List what runs; files of what has ended are removed."""
        return [
            Job(number, name, "running", host=self._host)
            for number, name in self._running()
            if name in names
        ]

    def cancel(self, ids: Sequence[str]) -> None:
        """End processes, and wait for it: TERM, and KILL to what is left."""
        there = {number for number, _ in self._running()} & set(ids)
        for which in (signal.SIGTERM, signal.SIGKILL):
            for number in there:
                _signal(number, which)
            there = self._await_end(there)

    def _await_end(self, there: set[str]) -> set[str]:
        """Give those that are left after a while."""
        deadline = time.monotonic() + END_WITHIN_S
        while there and time.monotonic() < deadline:
            time.sleep(0.05)
            there = there & {number for number, _ in self._running()}
        return there

    def _running(self) -> list[tuple[str, str]]:
        """Give numbers and names, the oldest first."""
        found = []
        for file in self._folder.glob("[0-9]*.*") if self._folder.is_dir() else ():
            if not _lives(file.name):
                file.unlink(missing_ok=True)
                continue
            with suppress(FileNotFoundError):  # another command has removed it meanwhile
                name = file.read_text(encoding="utf-8")
                found.append((file.stat().st_mtime_ns, file.name, name))
        return [(number, name) for _, number, name in sorted(found)]


def directives(block: Block) -> list[str]:
    """Name a block; nothing else can be asked for."""
    return [f"--job-name={block.name}"]


DIALECT = Dialect("#MOLSTEER", directives, "", lambda _block: "")


def _name_in(script: Path) -> str:
    (line,) = (line for line in script.read_text().splitlines() if "--job-name=" in line)
    return line.partition("--job-name=")[2]


def _signal(number: str, which: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(int(number.partition(".")[0]), which)


def _lives(number: str) -> bool:
    pid, _, start = number.partition(".")
    return not has_ended(int(pid)) and start == _start_of(int(pid))


def _start_of(pid: int) -> str:
    """Tell when a process began, where that can be told, so that no other is taken for it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return "0"
    return state[19]
