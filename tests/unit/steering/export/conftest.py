from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.wire.messages import ErrorRecord, Simulate, Task
from molsteer.steering.records.tables.patterns import laid_out
from molsteer.steering.records.tables.tables import TABLES

Cells = dict[str, object]


def no_sulfur(task: Task) -> ErrorRecord | None:
    if isinstance(task.body, Simulate) and "S" in task.body.smiles:
        return ErrorRecord(code="scf-failed", message="No density.", retryable=True)
    return None


@pytest.fixture(scope="session")
def ended(tmp_path_factory: pytest.TempPathFactory) -> ToyCampaign:
    """Give a campaign in which molecules with sulfur fail."""
    space = toy_space(tmp_path_factory.mktemp("space"))
    toy = ToyCampaign(tmp_path_factory.mktemp("run"), space, toy_plan(space), fails=no_sulfur)
    toy.run_to_the_end(toy.steering())
    return toy


@pytest.fixture
def read(ended: ToyCampaign) -> Callable[[str], Sequence[Cells]]:
    """Read a table of the campaign by its name."""
    ledger, tables = ended.open_ledger(), {table.name: table for table in TABLES}

    def rows(name: str) -> Sequence[Cells]:
        table = laid_out(tables[name], ledger)
        names = [column.name for column in table.columns]
        return [dict(zip(names, row, strict=True)) for row in table.read(ledger)]

    return rows
