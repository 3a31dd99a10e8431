"""Tells whether the workers of this machine live and get on, from what they wrote down.

Neither Redis nor any large library is needed, so that probes may ask often.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from molsteer.shared.host.files.temporary_folders import folders_in, is_abandoned
from molsteer.shared.host.processes import process_facts, process_namespace
from molsteer.shared.worker.scheduler import job_of
from molsteer.shared.worker.vitals import Vitals, read_vitals

STUCK_AFTER_S = 300.0
"""How long the main process may not get on, while it is connected, before it counts as stuck.

A server that does not answer holds it up for about a minute at a time.
"""

_BLOCKS = "molsteer-block.*"
"""The folders of a site's blocks, in which their workers make theirs."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A worker that was found here.

    Attributes:
        trouble: Why it does not work; None if it lives and gets on.
    """

    vitals: Vitals
    trouble: str | None

    def __str__(self) -> str:
        """Tell in one line what is known of the worker."""
        vitals = self.vitals
        name = f"The {vitals.topic} worker {vitals.pid} of the pool {vitals.pool!r}"
        if self.trouble:
            return f"{name} is not alive: {self.trouble}."
        return f"{name} is alive: {_work(vitals)}; {_contact(vitals)}."


def workers_here(user: int | None = None) -> list[Sign]:
    """Look at the workers of a user in this machine's temporary folder, by topic and process id.

    What a worker left that was killed is no worker. In a batch job, those of other jobs are not
    looked at.

    Args:
        user: Whose workers; None means those of this process's user.
    """
    user = os.geteuid() if user is None else user
    found = [sign for folder in _folders(user) if (sign := _look_at(folder))]
    return sorted(found, key=lambda sign: (sign.vitals.topic, sign.vitals.pid))


def _folders(user: int) -> Iterator[Path]:
    temporary = Path(tempfile.gettempdir())
    for parent in (temporary, *temporary.glob(_BLOCKS)):
        for folder in folders_in(parent):
            with suppress(OSError):  # it is just being removed
                if folder.lstat().st_uid == user:
                    yield folder


def _look_at(folder: Path) -> Sign | None:
    vitals = read_vitals(folder)
    if vitals is None or is_abandoned(folder):
        return None
    if (job := job_of(os.environ)) and vitals.job not in {"", job.id}:
        return None
    if vitals.namespace == process_namespace():
        facts = process_facts(vitals.pid)
        # Whoever cleans up behind a worker holds its folder for a while longer.
        if facts is None or facts.began != vitals.began or facts.state in {"Z", "X"}:
            return None
        if facts.state in {"T", "t"}:
            return Sign(vitals, "its main process is stopped (SIGSTOP)")
    silent_s = time.monotonic() - vitals.beat_s
    if vitals.connected and silent_s > STUCK_AFTER_S:
        return Sign(vitals, f"its main process has not got on for {silent_s:.0f} s")
    return Sign(vitals, None)


def _work(vitals: Vitals) -> str:
    since = datetime.fromtimestamp(vitals.since).astimezone().isoformat(" ", "seconds")
    if vitals.running:
        return f"{vitals.running} of {vitals.processes} tasks run, busy since {since}"
    if vitals.contact_at is None:
        return f"it starts, since {since}"
    return f"idle since {since}"


def _contact(vitals: Vitals) -> str:
    if vitals.contact_at is None:
        return "Redis has not answered yet"
    ago_s = max(0.0, time.time() - vitals.contact_at)
    if vitals.connected:
        return f"Redis answered {ago_s:.0f} s ago"
    return f"it waits for Redis, which answered {ago_s:.0f} s ago"
