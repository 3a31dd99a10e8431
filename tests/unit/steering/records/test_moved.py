"""What moved through the stores, read from a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from molsteer.shared.wire.blob import Operation, Transfer
from molsteer.shared.wire.messages import ErrorRecord, Failed, Outcome
from molsteer.steering.ledger import tasks, transfers
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.commands import DispatchTraining
from molsteer.steering.records.moved import SiteTraffic, read_moved, told, traffic
from molsteer.steering.records.tables.tables import TRANSFERS

pytestmark = pytest.mark.fast


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path, create=True)) as opened:
        yield opened


def moved(operation: Operation, size_bytes: int, duration_s: float) -> Transfer:
    return Transfer(
        store="redis", operation=operation, count=1, size_bytes=size_bytes, duration_s=duration_s
    )


def train(ledger: Ledger, generation: int, site: str, *transferred: Transfer) -> None:
    """Note a training of ten seconds at a site."""
    command = DispatchTraining(generation, 0, (0,), labels=1, warm=False)
    outcome = Outcome(
        campaign="toy",
        task_id=command.task_id,
        attempt=1,
        start=1,
        worker="host:1",
        site=site,
        started_at=10.0,
        ended_at=19.0,
        reported_at=20.0,
        transfers=transferred,
        result=Failed(
            status="error", error=ErrorRecord(code="broken", message="Broken.", retryable=False)
        ),
    )
    with ledger.transaction():
        tasks.order(ledger, command, 0.0)
        tasks.settle(ledger, outcome, outcome.result.error, 30.0, received_bytes=0)
        transfers.add(ledger, outcome.task_id, "worker", outcome.transfers)
        transfers.add(ledger, outcome.task_id, "steering", [moved("put", 5, 1.0)])


def test_time_is_told_as_a_share_of_that_of_the_tasks_at_the_site(ledger: Ledger) -> None:
    train(ledger, 1, "far", moved("get", 3_000_000, 2.0), moved("put", 1_000_000, 0.5))
    train(
        ledger,
        2,
        "far",
        moved("cached", 3_000_000, 0.0),
        moved("ahead", 1_000_000, 4.0),
        moved("put", 1_000_000, 0.5),
    )
    train(ledger, 3, "near", moved("get", 3_000_000, 1.0))
    found = {(use.site, use.operation): (use.count, use.share) for use in read_moved(ledger)}
    assert found == {
        (None, "put"): (3, None),
        ("far", "get"): (1, pytest.approx(0.1)),
        ("far", "ahead"): (1, None),
        ("far", "cached"): (1, 0.0),
        ("far", "put"): (2, pytest.approx(0.05)),
        ("near", "get"): (1, pytest.approx(0.1)),
    }
    far, near = traffic(ledger)
    assert far == SiteTraffic(
        "far", 3_000_000, 3_000_000, 1_000_000, 2_000_000, 4.0, 3.0, pytest.approx(0.15)
    )
    assert list(told([far, near])) == [
        "Workers at far fetched 3.0 MB and stored 2.0 MB, and found 3.0 MB nearby, of it 1.0 MB "
        "fetched ahead in 4.0 s: 3.0 s, 15.0% of the time of their tasks.",
        "Workers at near fetched 3.0 MB and stored 0.0 MB: 1.0 s, 10.0% of the time of their "
        "tasks.",
    ]


def test_a_ledger_that_knows_no_sites_is_read_as_one_of_workers_without_a_name(
    ledger: Ledger, tmp_path: Path
) -> None:
    train(ledger, 1, "far", moved("get", 3_000_000, 2.0))
    ledger.connection.execute("DROP TABLE place")
    with closing(Ledger(tmp_path, read_only=True)) as older:
        (only,) = traffic(older)
    assert (only.site, only.share) == ("unnamed", pytest.approx(0.2))
    assert next(told([only])).startswith("Workers fetched 3.0 MB")


def test_the_table_of_transfers_names_the_site_of_the_worker(
    ledger: Ledger, tmp_path: Path
) -> None:
    train(ledger, 1, "far", moved("get", 3_000_000, 2.0))
    names = [column.name for column in TRANSFERS.columns]
    rows = [dict(zip(names, row, strict=True)) for row in TRANSFERS.read(ledger)]
    assert {row["side"]: row["site"] for row in rows} == {"steering": None, "worker": "far"}
    ledger.connection.execute("DROP TABLE place")
    with closing(Ledger(tmp_path, read_only=True)) as older:
        assert {dict(zip(names, row, strict=True))["site"] for row in TRANSFERS.read(older)} == {
            None
        }
