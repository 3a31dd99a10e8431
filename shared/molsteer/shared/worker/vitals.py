"""What a worker writes down about itself in its own folder, for probes that may cost nothing.

It is there while the worker lives, also where Redis is away, and needs no library to be read.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from molsteer.shared.host.processes import process_facts, process_namespace
from molsteer.shared.worker.scheduler import job_of

FILE = "vitals.json"

WRITE_EVERY_S = 5.0
"""How often a worker that nothing happens to shows that it gets on."""

_ROOM_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Vitals:
    """A worker as it sees itself.

    Attributes:
        began: When its main process began, as the system counts that; no other process that ever
            gets its number has the same.
        namespace: The processes among which `pid` counts; empty where that is not known.
        job: Number of the batch job it is in; empty where it is in none.
        running: Tasks that run.
        since: When it became busy or idle, in seconds of the Unix epoch.
        connected: Whether it waits for tasks or does some; otherwise it starts, or waits for Redis.
        contact_at: When Redis answered last, in seconds of the Unix epoch; None if it never did.
        beat_s: When its main process got on last, by the clock that all processes here share.
    """

    topic: str
    pool: str
    pid: int
    began: str
    namespace: str
    processes: int
    since: float
    job: str = ""
    running: int = 0
    connected: bool = False
    contact_at: float | None = None
    beat_s: float = 0.0


class Pulse:
    """Keeps the vitals of this process, the main one of a worker, in its folder."""

    def __init__(self, folder: Path, topic: str, pool: str, processes: int) -> None:
        pid = os.getpid()
        facts, job = process_facts(pid), job_of(os.environ)
        self._vitals = Vitals(
            topic=topic,
            pool=pool,
            pid=pid,
            began=facts.began if facts else "",
            namespace=process_namespace(),
            processes=processes,
            since=time.time(),
            job=job.id if job else "",
        )
        # Written in place: there is room for it also when the disk is full later.
        self._handle = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT, 0o600)
        self._write()

    def connect(self, *, connected: bool) -> None:
        """Take note that the worker is ready, or that it has lost Redis."""
        self._vitals = replace(self._vitals, connected=connected)
        self._write()

    def hear_of_redis(self) -> None:
        """Take note that Redis has answered."""
        self._vitals = replace(self._vitals, contact_at=time.time())
        self._write()

    def beat(self, running: int) -> None:
        """Take note of how many tasks run, and show that the main process gets on."""
        before = self._vitals
        since = before.since if bool(running) == bool(before.running) else time.time()
        self._vitals = replace(before, running=running, since=since)
        if running != before.running or time.monotonic() - before.beat_s >= WRITE_EVERY_S:
            self._write()

    def _write(self) -> None:
        self._vitals = replace(self._vitals, beat_s=time.monotonic())
        text = json.dumps(asdict(self._vitals)).encode().ljust(_ROOM_BYTES)
        with suppress(OSError):  # a disk that fails is the tasks' business
            os.pwrite(self._handle, text, 0)


def read_vitals(folder: Path) -> Vitals | None:
    """Read what a worker wrote into its folder; None if no worker did."""
    try:
        return Vitals(**json.loads((folder / FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None  # the folder of something else, or a worker of another version
