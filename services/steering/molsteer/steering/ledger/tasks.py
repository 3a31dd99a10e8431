"""Tasks in the ledger: ordered by the policy, dispatched, settled once, or revoked."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from functools import cache
from typing import Annotated

from pydantic import Field, TypeAdapter

from molsteer.shared.wire.messages import ErrorRecord, Failed, Outcome
from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.commands import (
    Dispatch,
    DispatchInference,
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
)


def order(ledger: Ledger, command: Dispatch, at: float) -> None:
    """Note that a task is to be published, and why its molecule was chosen; in a transaction."""
    order_all(ledger, [(command, at)])


def order_all(ledger: Ledger, commands: Collection[tuple[Dispatch, float]]) -> None:
    """Note as `order` does what is to be done, and when that was decided."""
    ledger.connection.executemany(
        "INSERT INTO task (task_id, topic, command, state, created_at)"
        " VALUES (?, ?, ?, 'ready', ?)",
        [(command.task_id, *_written(command), at) for command, at in commands],
    )
    ledger.connection.executemany(
        # What climbs to another level has a result, and was chosen before.
        "INSERT OR IGNORE INTO choice SELECT ?1, ?2, generation, means, spreads, score"
        " FROM (SELECT 1) LEFT JOIN prediction ON molecule = ?1"
        " WHERE (molecule IS NOT NULL OR ?2)"
        " AND NOT EXISTS (SELECT 1 FROM result WHERE molecule = ?1)",
        [
            (command.molecule, command.by_chance)
            for command, _ in commands
            if isinstance(command, DispatchSimulation)
        ],
    )


def revoke(ledger: Ledger, task_ids: Iterable[str]) -> None:
    """Note that tasks are no longer wanted; inside a transaction."""
    ledger.connection.executemany(
        "UPDATE task SET state = 'revoked', status = 'cancelled'"
        " WHERE task_id = ? AND state IN ('ready', 'dispatched')",
        [(task_id,) for task_id in task_ids],
    )


def ready(ledger: Ledger) -> list[Dispatch]:
    """List the tasks that wait to be published, oldest first."""
    rows = ledger.connection.execute(
        "SELECT topic, command FROM task WHERE state = 'ready' ORDER BY rowid"
    )
    return [_command(topic, text) for topic, text in rows]


def open_commands(ledger: Ledger, task_ids: Collection[str]) -> dict[str, Dispatch]:
    """Give the commands of those of some tasks that are still awaited, by the tasks' ids."""
    rows = ledger.connection.execute(
        "SELECT task_id, topic, command FROM json_each(?) CROSS JOIN task ON task_id = value"
        " WHERE state IN ('ready', 'dispatched')",
        (json.dumps(list(task_ids)),),
    )
    return {task_id: _command(topic, text) for task_id, topic, text in rows}


def commands(ledger: Ledger) -> dict[str, Dispatch]:
    """Give the commands of all tasks there ever were, by the tasks' ids."""
    rows = ledger.connection.execute("SELECT task_id, topic, command FROM task")
    return {task_id: _command(topic, text) for task_id, topic, text in rows}


def in_state(ledger: Ledger, *states: str) -> set[str]:
    """Name the tasks in one of several states."""
    marks = ", ".join("?" * len(states))
    rows = ledger.connection.execute(
        f"SELECT task_id FROM task WHERE state IN ({marks})",  # noqa: S608 - question marks only
        states,
    )
    return {task_id for (task_id,) in rows}


def dispatched(ledger: Ledger, task_id: str, at: float, sent_bytes: int) -> None:
    """Note that a task was published; inside a transaction."""
    all_dispatched(ledger, [(task_id, at, sent_bytes)])


def all_dispatched(ledger: Ledger, published: Iterable[tuple[str, float, int]]) -> None:
    """Note as `dispatched` does which tasks were published, when, and how large they were."""
    # A clock may be set back; what follows is never earlier.
    ledger.connection.executemany(
        "UPDATE task SET state = 'dispatched', dispatched_at = max(created_at, ?2),"
        " sent_bytes = ?3, publishes = publishes + 1 WHERE task_id = ?1 AND state = 'ready'",
        published,
    )


def awaited(ledger: Ledger) -> list[tuple[Topic, str]]:
    """List the tasks that were published and have not been settled."""
    rows = ledger.connection.execute("SELECT topic, task_id FROM task WHERE state = 'dispatched'")
    return [(topic, task_id) for topic, task_id in rows]


def count_awaited(ledger: Ledger, topic: Topic) -> int:
    """Count the tasks of a topic that were published and have not been settled."""
    query = "SELECT count(*) FROM task WHERE state = 'dispatched' AND topic = ?"
    (count,) = ledger.connection.execute(query, (topic,)).fetchone()
    return int(count)


def awaited_for_long(ledger: Ledger, now: float, long_s: float) -> list[tuple[Topic, str]]:
    """List those of them that were published some time ago.

    A time that has yet to come is of a clock that was set back since.
    """
    rows = ledger.connection.execute(
        "SELECT topic, task_id FROM task WHERE state = 'dispatched'"
        " AND dispatched_at NOT BETWEEN ? AND ?",
        (now - long_s, now),
    )
    return [(topic, task_id) for topic, task_id in rows]


def publish_again(ledger: Ledger, task_ids: Collection[str]) -> None:
    """Note that published tasks were lost on the way; inside a transaction."""
    ledger.connection.executemany(
        "UPDATE task SET state = 'ready' WHERE task_id = ? AND state = 'dispatched'",
        [(task_id,) for task_id in task_ids],
    )


def settle(
    ledger: Ledger, outcome: Outcome, error: ErrorRecord | None, at: float, received_bytes: int
) -> None:
    """Note the one outcome of a task that counts; inside a transaction."""
    status = "ok" if error is None else "error"
    if isinstance(outcome.result, Failed):
        status = outcome.result.status
    ledger.connection.execute(
        "UPDATE task SET state = 'settled', status = ?, error = ?, starts = ?, worker = ?,"
        " started_at = ?, ended_at = ?, reported_at = ?,"
        " settled_at = max(coalesce(dispatched_at, created_at), ?), cpu_s = ?,"
        " received_bytes = ? WHERE task_id = ?",
        (
            status,
            None if error is None else error.model_dump_json(),
            outcome.start,
            outcome.worker,
            outcome.started_at,
            outcome.ended_at,
            outcome.reported_at,
            at,
            outcome.cpu_s,
            received_bytes,
            outcome.task_id,
        ),
    )
    if outcome.stages:
        told = [(each.name, each.after_s, each.duration_s) for each in outcome.stages]
        ledger.connection.execute(
            "INSERT OR REPLACE INTO stages VALUES (?, ?)", (outcome.task_id, json.dumps(told))
        )
    if outcome.site:
        ledger.connection.execute(
            "INSERT OR REPLACE INTO place VALUES (?, ?)", (outcome.task_id, outcome.site)
        )


def durations(ledger: Ledger, level: str, count: int) -> list[tuple[str, float]]:
    """Give SMILES and seconds of the simulations at a level among the first results."""
    rows = ledger.connection.execute(
        "SELECT smiles, ended_at - started_at FROM result JOIN task USING (task_id)"
        " WHERE number <= ? AND level = ? AND ended_at >= started_at ORDER BY number",
        (count, level),
    )
    return [(smiles, duration_s) for smiles, duration_s in rows]


def failed(ledger: Ledger, level: str, count: int) -> list[str]:
    """Give the SMILES of simulations at a level that failed before the last of the first results.

    Those that were taken back did not fail.
    """
    rows = ledger.connection.execute(
        "SELECT json_extract(error, '$.facts.smiles') FROM task WHERE topic = 'simulate'"
        " AND status IN ('error', 'timeout', 'poison') AND settled_at <="
        " (SELECT max(settled_at) FROM result JOIN task USING (task_id) WHERE number <= ?)"
        " AND json_extract(command, '$.level') = ? ORDER BY task.rowid",
        (count, level),
    )
    return [smiles for (smiles,) in rows if smiles is not None]


def topic_of(command: Dispatch) -> Topic:
    """Name the queue a command's task belongs to."""
    match command:
        case DispatchSimulation():
            return "simulate"
        case DispatchTraining():
            return "train"
        case DispatchPrediction() | DispatchInference():
            return "infer"


def _written(command: Dispatch) -> tuple[Topic, str]:
    topic = topic_of(command)
    return topic, _adapter(topic).dump_json(command).decode()


def _command(topic: Topic, text: str) -> Dispatch:
    return _adapter(topic).validate_json(text)


@cache
def _adapter(topic: Topic) -> TypeAdapter[Dispatch]:
    """Build what reads and writes a topic's commands, which costs more than reading many."""
    match topic:
        case "simulate":
            return TypeAdapter(DispatchSimulation)
        case "train":
            return TypeAdapter(DispatchTraining)
        case "infer":  # only the command of a prediction names a group
            union = Annotated[
                DispatchPrediction | DispatchInference, Field(union_mode="left_to_right")
            ]
            return TypeAdapter(union)
