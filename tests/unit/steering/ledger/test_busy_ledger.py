"""A ledger that another program has locked, or that may not be opened, is told and waited for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.cli.main import molsteer
from molsteer.shared.errors import ServiceUnavailable, UserError
from molsteer.steering.ledger import connection
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.trouble import told
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast

LOCKED = "another program holds the lock of its ledger.sqlite"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_S", 0.05)


@contextmanager
def locked(folder: Path, mode: str) -> Iterator[None]:
    """Hold the lock of a ledger as another program does."""
    with closing(sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)) as other:
        other.execute(f"PRAGMA locking_mode = {mode}")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_steering_tells_who_keeps_it_from_writing_and_goes_on_when_it_can(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    campaign.step(0.0)
    toy.work()
    with locked(tmp_path, "NORMAL"):
        for _ in range(3):
            with pytest.raises(ServiceUnavailable, match=LOCKED):
                campaign.step(0.0)
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"


@pytest.mark.parametrize(
    "command",
    [
        "status RUN",
        "report RUN",
        "verify RUN",
        "export RUN --format csv",
        "dead list RUN",
        "pause RUN",
        "set RUN budget=7",
    ],
)
def test_whoever_reads_says_in_a_sentence_that_another_program_holds_the_lock(
    tmp_path: Path, command: str
) -> None:
    Ledger(tmp_path, create=True).close()
    (tmp_path / "settings.json").write_text('{"campaign": {"space": "x.smi"}}')
    with locked(tmp_path, "EXCLUSIVE"):
        ended = CliRunner().invoke(molsteer, command.replace("RUN", str(tmp_path)).split())
    assert isinstance(ended.exception, UserError)
    assert LOCKED in str(ended.exception)
    assert "Close whatever has the file open." in str(ended.exception)
    assert not (tmp_path / "requests").exists()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("ATTACH DATABASE '/no/such/folder/x' AS other", "cannot be opened or written"),
        ("PRAGMA query_only = 1; CREATE TABLE x (y)", "cannot be opened or written"),
        ("PRAGMA max_page_count = 1; CREATE TABLE x (y)", "Make room on its disk"),
    ],
)
def test_what_the_file_system_refuses_is_told_as_something_that_may_pass(
    tmp_path: Path, statement: str, words: str
) -> None:
    with closing(Ledger(tmp_path, create=True)) as ledger:
        *before, last = statement.split("; ")
        for each in before:
            ledger.connection.execute(each)
        with pytest.raises(ServiceUnavailable, match=words):
            ledger.connection.execute(last)


def test_whoever_only_reads_cannot_write(tmp_path: Path) -> None:
    Ledger(tmp_path, create=True).close()
    with closing(Ledger(tmp_path, read_only=True)) as ledger:
        with pytest.raises(ServiceUnavailable, match="readonly database"), ledger.transaction():
            ledger.set_fact("finished", "by mistake")
        assert ledger.fact("finished") is None


def test_what_no_file_is_to_blame_for_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"), told(tmp_path):
        sqlite3.connect(":memory:").execute("SELECT 1 FROM missing")
