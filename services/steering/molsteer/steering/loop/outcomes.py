"""What an outcome says of itself, before anybody records it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable

from molsteer.shared.wire.messages import Failed, Outcome

log = logging.getLogger(__name__)

UNHOLDABLE = (sqlite3.Error, OverflowError, ValueError)
"""What is raised where an outcome says something that the ledger cannot hold."""


def facts_of(outcome: Outcome) -> dict[str, object]:
    """Tell what the log should know of it."""
    facts: dict[str, object] = {
        "task_id": outcome.task_id,
        "worker": outcome.worker,
        "result": outcome.result.kind,
    }
    if isinstance(outcome.result, Failed):
        return facts | {"status": outcome.result.status, "code": outcome.result.error.code}
    return facts


def log_ended(outcomes: Iterable[Outcome]) -> None:
    """Log that tasks have ended: those that gave a result in one line, each failure in its own."""
    given = list[str]()
    for outcome in outcomes:
        if isinstance(outcome.result, Failed):
            log.info("Task failed.", extra=facts_of(outcome))
        else:
            given.append(outcome.task_id)
    if given:
        log.info("Tasks ended.", extra={"task_ids": given})


def seconds_of(outcome: Outcome) -> float:
    """Give what a simulation cost: it keeps a slot busy, or more than one core."""
    return max(outcome.cpu_s, outcome.ended_at - outcome.started_at, 0.0)


def lost_its_input(outcome: Outcome) -> bool:
    """Tell whether it failed because data that its task refers to is gone."""
    codes = {"blob-missing", "blob-corrupt"}
    return isinstance(outcome.result, Failed) and outcome.result.error.code in codes
