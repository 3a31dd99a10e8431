"""The path of each task through the campaign, one by one, from its ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.tables.task_columns import failed


@dataclass(frozen=True, slots=True)
class Stage:
    """What a worker did for a while.

    Attributes:
        name: What it did, as `neutral relaxation`.
        after_s: From the beginning of the work to that of the stage.
        duration_s: How long it took, stages within it included.
    """

    name: str
    after_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class TaskPath:
    """One attempt at a piece of work; moments are None where they were not reached.

    Attributes:
        task_id: Name of the task: topic, subject and attempt.
        topic: simulate, train or infer.
        state: ready, dispatched, settled or revoked.
        status: How it ended, None while it is awaited.
        reason: Code of its failure.
        message: What went wrong and what to do about it.
        smiles: The molecule, where it is known.
        publishes: How many times it was put into its queue.
        starts: How many times workers began it.
        worker: Who ended it.
        created_at: When the policy asked for it.
        dispatched_at: When it was put into its queue, lastly.
        started_at: When the work began, by the worker's clock.
        ended_at: When the work was done, by the worker's clock.
        reported_at: When it was reported, by the worker's clock.
        settled_at: When steering took the outcome in.
        cpu_s: Processor time of the work.
        stages: What the time went into, in the order in which the stages began.
    """

    task_id: str
    topic: Topic
    state: str
    status: str | None
    reason: str | None
    message: str | None
    smiles: str | None
    publishes: int
    starts: int
    worker: str | None
    created_at: float
    dispatched_at: float | None
    started_at: float | None
    ended_at: float | None
    reported_at: float | None
    settled_at: float | None
    cpu_s: float | None
    stages: tuple[Stage, ...]

    @property
    def subject(self) -> str:
        """What all attempts at it have in common."""
        return self.task_id.rpartition("/")[0]


class Update(NamedTuple):
    """One update of the models, from its first order to its last settling."""

    generation: int
    created_at: float
    settled_at: float
    tasks: int


def paths(ledger: Ledger, task_ids: Sequence[str] | None = None) -> Iterator[TaskPath]:
    """Read tasks one by one, in the order in which they were asked for.

    Args:
        ledger: The campaign's.
        task_ids: Which ones; all if not given.
    """
    kept = "stages.stages" if ledger.has_table("stages") else "NULL"
    joined = "LEFT JOIN stages USING (task_id)" if kept != "NULL" else ""
    chosen = "" if task_ids is None else "WHERE task.task_id IN (SELECT value FROM json_each(?))"
    rows = ledger.connection.execute(
        "SELECT task_id, topic, state, status,"  # noqa: S608 - all ours
        f" {failed('code')}, {failed('message')},"
        f" coalesce(result.smiles, {failed('facts.smiles')}), publishes, starts, worker,"
        " created_at, dispatched_at, started_at, ended_at, reported_at, settled_at, cpu_s,"
        f" {kept} FROM task LEFT JOIN result USING (task_id) {joined} {chosen}"
        " ORDER BY task.rowid",
        () if task_ids is None else (json.dumps(list(task_ids)),),
    )
    for *known, text in rows:
        stages = tuple(Stage(*each) for each in json.loads(text or "[]"))
        yield TaskPath(*(*known, stages))


def updates(ledger: Ledger) -> list[Update]:
    """Read the updates of the models that have settled a task, in their order."""
    rows = ledger.connection.execute(
        "SELECT json_extract(command, '$.generation') AS generation, min(created_at),"
        " max(settled_at), count(*) FROM task WHERE topic IN ('train', 'infer')"
        " GROUP BY generation HAVING max(settled_at) IS NOT NULL ORDER BY generation"
    )
    return [Update(*row) for row in rows]
