"""A ledger that cannot take the first outcome which it is given."""

from __future__ import annotations

from typing import Any

import pytest

from molsteer.shared.wire.messages import Outcome
from molsteer.steering.ledger import tasks
from molsteer.steering.ledger.ledger import Ledger


def refuse_first_outcome(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the first outcome fail after it was settled; gives a list for the name of its task."""
    settle, refused = tasks.settle, list[str]()

    def refuse_the_first(ledger: Ledger, outcome: Outcome, *rest: Any) -> None:
        settle(ledger, outcome, *rest)
        if not refused:
            refused.append(outcome.task_id)
            raise OverflowError("Python int too large to convert to SQLite INTEGER")

    monkeypatch.setattr(tasks, "settle", refuse_the_first)
    return refused
