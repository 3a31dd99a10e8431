"""What must hold between the rows of a ledger, as queries that find where it does not."""

from __future__ import annotations

from collections.abc import Iterator

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.verification.labels import LABELS
from molsteer.steering.verification.rule import VIEWS, Rule

RULES = (
    Rule(
        "Task {task_id} is settled, but its status is {status}.",
        "SELECT * FROM task WHERE state = 'settled'"
        " AND ifnull(status, '') NOT IN ('ok', 'error', 'timeout', 'poison', 'cancelled')",
    ),
    Rule(
        "Task {task_id} is {state}, but its status is {status} already.",
        "SELECT * FROM task WHERE state IN ('ready', 'dispatched') AND status IS NOT NULL",
    ),
    Rule(
        "Task {task_id} was taken back, but its status is {status}.",
        "SELECT * FROM task WHERE state = 'revoked' AND status IS NOT 'cancelled'",
    ),
    Rule(
        "Task {task_id} ended as {status}, which does not go with its error {error}.",
        "SELECT * FROM task WHERE state = 'settled' AND (status = 'ok') <> (error IS NULL)",
    ),
    Rule(
        "Task {task_id} ended as cancelled, and this ledger never took it back: a copy of the run "
        "directory was at work on the same server.",
        "SELECT * FROM task WHERE state = 'settled' AND status = 'cancelled'",
    ),
    Rule(
        "Result {number} belongs to {task_id}, which is not a successful simulation of molecule "
        "{molecule} at {level}.",
        "SELECT * FROM result WHERE NOT EXISTS (SELECT 1 FROM task"
        " WHERE task.task_id = result.task_id AND topic = 'simulate' AND state = 'settled'"
        " AND status = 'ok' AND json_extract(command, '$.molecule') = molecule"
        " AND json_extract(command, '$.level') = level)",
    ),
    Rule(
        "Simulation {task_id} succeeded, but there is no result from it.",
        "SELECT * FROM task WHERE topic = 'simulate' AND status = 'ok'"
        " AND task_id NOT IN (SELECT task_id FROM result)",
    ),
    Rule(
        "The last result is number {last}, but there are {results} results.",
        "SELECT max(number) AS last, count(*) AS results FROM result HAVING last <> results",
    ),
    *LABELS,
    Rule(
        "Model {file} belongs to {task_id}, which is not a successful training.",
        "SELECT * FROM model WHERE NOT EXISTS (SELECT 1 FROM task"
        " WHERE task.task_id = model.task_id AND topic = 'train' AND state = 'settled'"
        " AND status = 'ok')",
    ),
    Rule(
        "Training {task_id} succeeded, but there is no model from it.",
        "SELECT * FROM task WHERE topic = 'train' AND status = 'ok'"
        " AND task_id NOT IN (SELECT task_id FROM model)",
    ),
    Rule(
        "The campaign has ended, but task {task_id} is still {state}.",
        "SELECT * FROM task WHERE state IN ('ready', 'dispatched') AND :finished IS NOT NULL",
    ),
    Rule(
        "The campaign has ended, but its object {key} in store {store} was not removed; running "
        "the campaign's command again removes it.",
        "SELECT * FROM object WHERE :finished IS NOT NULL",
    ),
    Rule(
        "Times of task {task_id} on steering's clock are out of order: created {created_at}, "
        "dispatched {dispatched_at}, settled {settled_at}.",
        "SELECT * FROM task WHERE NOT (created_at <= dispatched_at)"
        " OR NOT (dispatched_at <= settled_at) OR NOT (created_at <= settled_at)",
    ),
    Rule(
        "Times of task {task_id} on its worker's clock are out of order: started {started_at}, "
        "ended {ended_at}, reported {reported_at}.",
        "SELECT * FROM task WHERE NOT (started_at <= ended_at) OR NOT (ended_at <= reported_at)",
    ),
)
"""A comparison with a time that is not known finds nothing: a campaign may stop anywhere."""


def contradictions(ledger: Ledger) -> Iterator[str]:
    """Name what the tables of a ledger say that cannot be true together."""
    for (found,) in ledger.connection.execute("PRAGMA integrity_check"):
        if found != "ok":
            yield f"The file of the ledger is damaged: {found}."
    finished = ledger.fact("finished")
    for rule in RULES:
        for row in ledger.connection.execute(VIEWS + rule.offenders, {"finished": finished}):
            yield rule.sentence.format_map(dict(row))
