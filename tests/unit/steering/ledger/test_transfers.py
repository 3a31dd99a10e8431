from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from molsteer.shared.wire.blob import Transfer
from molsteer.steering.ledger import tasks, transfers
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.commands import DispatchSimulation
from molsteer.steering.records.tables.tables import TRANSFERS

pytestmark = pytest.mark.fast

TASK = DispatchSimulation(1, "xtb")


def put(count: int) -> Transfer:
    return Transfer(store="redis", operation="put", count=count, size_bytes=5, duration_s=0.5)


def note(ledger: Ledger, *moved: Transfer) -> None:
    with ledger.transaction():
        tasks.order(ledger, TASK, 0.0)
        for transfer in moved:
            transfers.add(ledger, TASK.task_id, "steering", [transfer])


def test_a_task_that_is_published_again_adds_to_what_was_moved_for_it(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path, create=True)) as ledger:
        note(ledger, put(1), put(2))
        expected = (TASK.task_id, "simulate", "steering", None, "redis", "put", 3, 10, 1.0)
        assert list(TRANSFERS.read(ledger)) == [expected]
