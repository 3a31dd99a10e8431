"""The port of batch systems: what a site wants of each of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Job:
    """A job that has not ended.

    Attributes:
        id: Its number, as the scheduler has it.
        name: Its name, which all blocks of a service at a site have.
        state: Whether it waits for nodes, has them, or is being ended.
        why: Why it waits, in the scheduler's words.
        host: Where it runs.
        ends_at: When it ends at the latest, in seconds of the Unix epoch, where that is known.
    """

    id: str
    name: str
    state: Literal["waiting", "running", "ending"]
    why: str = ""
    host: str = ""
    ends_at: float | None = None


class Scheduler(Protocol):
    """Submits scripts, knows what became of them, and ends them.

    All methods raise `SchedulerMissing` where its commands are not found, and `SchedulerFailed`
    with its own words where it refuses.
    """

    def submit(self, script: Path) -> str:
        """Submit a script; give the job's id."""
        ...

    def jobs(self, names: Collection[str]) -> list[Job]:
        """List this user's jobs of these names, the oldest first."""
        ...

    def cancel(self, ids: Sequence[str]) -> None:
        """Ask jobs to end, gently at first; those that have ended already are no error."""
        ...
