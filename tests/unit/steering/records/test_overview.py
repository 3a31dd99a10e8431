from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.overview import overview

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, "interrupted"),
        ({"paused": True}, "paused, interrupted"),
        ({"stopping": "now", "paused": False}, "stopping, interrupted"),
        ({"paused": True, "finished": "stopped"}, "stopped"),
    ],
)
def test_a_campaign_that_nobody_runs_says_how_it_was_left(
    tmp_path: Path, facts: dict[str, object], state: str
) -> None:
    with closing(Ledger(tmp_path, create=True)) as ledger, ledger.transaction():
        for name, value in facts.items():
            ledger.set_fact(name, value)
    (summary,) = overview(tmp_path)
    assert (summary.state, summary.problem) == (state, None)
