"""Tasks that were given up because they took their worker's process down each time they began."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from molsteer.shared.wire.messages import ErrorRecord
from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one attempt; all times are seconds of the Unix epoch.

    Attributes:
        task_id: Its name.
        status: How it ended, or None while it is under way.
        starts: How often a worker began it.
        worker: Host and process that reported the outcome; only their logs name earlier ones.
        created_at: When it was ordered.
        dispatched_at: When it was published last, or None.
        ended_at: When it ended, or None.
        message: Why it failed, or None.
    """

    task_id: str
    status: str | None
    starts: int
    worker: str | None
    created_at: float
    dispatched_at: float | None
    ended_at: float | None
    message: str | None


@dataclass(frozen=True, slots=True)
class DeadTask:
    """A task that nobody tries again unless asked to.

    Attributes:
        task_id: Name of the last attempt.
        topic: What it does: simulate, train or infer.
        molecule: Number of the molecule in the search space, where the task simulates one.
        level: Name of the level at which it is simulated, likewise.
        smiles: The same molecule as text.
        own: What the molecules file says of it beside the SMILES, by heading.
        attempts: What was tried for it, oldest first; the last one is the dead task.
    """

    task_id: str
    topic: Topic
    molecule: int | None
    level: str | None
    smiles: str | None
    own: Mapping[str, str]
    attempts: tuple[Attempt, ...]

    @property
    def last(self) -> Attempt:
        """The attempt that was the last straw."""
        return self.attempts[-1]


def dead_tasks(ledger: Ledger) -> list[DeadTask]:
    """List what is dead now, in the order of giving up; what was tried anew is not."""
    rows = ledger.connection.execute(
        "SELECT task_id, topic, command, error FROM task WHERE status = 'poison'"
        " ORDER BY settled_at, task_id"
    ).fetchall()
    found = [_dead_task(ledger, row) for row in rows]
    return [task for task in found if task.last.task_id == task.task_id]


def _dead_task(ledger: Ledger, row: sqlite3.Row) -> DeadTask:
    command = json.loads(row["command"])
    molecule = command.get("molecule")
    return DeadTask(
        task_id=row["task_id"],
        topic=row["topic"],
        molecule=molecule,
        level=command.get("level"),
        smiles=json.loads(row["error"])["facts"].get("smiles"),
        own={} if molecule is None else own_columns.of(ledger, molecule),
        attempts=tuple(_attempts(ledger, row["task_id"])),
    )


def _attempts(ledger: Ledger, task_id: str) -> Sequence[Attempt]:
    # All attempts share the name up to its last number; '0' is what follows '/' in ASCII.
    stem = task_id.rpartition("/")[0]
    rows = ledger.connection.execute(
        "SELECT * FROM task WHERE task_id > ? AND task_id < ? ORDER BY rowid",
        (f"{stem}/", f"{stem}0"),
    )
    return [
        Attempt(
            task_id=row["task_id"],
            status=row["status"],
            starts=row["starts"],
            worker=row["worker"],
            created_at=row["created_at"],
            dispatched_at=row["dispatched_at"],
            ended_at=row["ended_at"],
            message=_message(row["error"]),
        )
        for row in rows
    ]


def _message(error: str | None) -> str | None:
    return None if error is None else ErrorRecord.model_validate_json(error).message
