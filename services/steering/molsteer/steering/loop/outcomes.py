"""What an outcome says of itself, before anybody records it."""

from __future__ import annotations

import sqlite3

from molsteer.shared.wire.messages import Failed, Outcome

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


def lost_its_input(outcome: Outcome) -> bool:
    """Tell whether it failed because data that its task refers to is gone."""
    codes = {"blob-missing", "blob-corrupt"}
    return isinstance(outcome.result, Failed) and outcome.result.error.code in codes
