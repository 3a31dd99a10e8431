from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.toy_campaign import BUDGET, ToyCampaign, toy_plan, toy_space

from molsteer.shared.errors import UserError
from molsteer.steering.cli.verify import verify as command
from molsteer.steering.control.requests import Request, drop
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.verification.verify import verify

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of a campaign that has ended."""
    space = toy_space(tmp_path_factory.mktemp("space"))
    toy = ToyCampaign(tmp_path_factory.mktemp("run"), space, toy_plan(space))
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    campaign.ledger.close()
    return toy.folder


@pytest.fixture
def run_dir(ended: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(ended, tmp_path / "run"))


def test_a_campaign_that_was_stopped_changed_and_resumed_is_whole(tmp_path: Path) -> None:
    space = toy_space(tmp_path)
    toy = ToyCampaign(tmp_path / "run", space, toy_plan(space))
    toy.folder.mkdir()
    campaign = toy.steering()
    for requests in (
        [Request(action="stop-now")],
        [Request(action="set", changes={"campaign.budget": 9}), Request(action="resume")],
        [Request(action="set", changes={"campaign.budget": 3})],
        [Request(action="set", changes={"campaign.budget": 20})],
    ):
        campaign.step(0.0)
        for request in requests:
            drop(toy.folder, request)
        toy.run_to_the_end(campaign)
        campaign.step(0.0)
        campaign.dispatching.retire()
        campaign = toy.steering()
        assert verify(toy.folder).broken == ()
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    assert verify(toy.folder).broken == ()
    assert verify(toy.folder).results == 20


def spoil(run_dir: Path, damage: str) -> None:
    """Change a ledger by SQL; FIRST stands for the task of the first result."""
    first = "(SELECT task_id FROM result WHERE number = 1)"
    with closing(sqlite3.connect(run_dir / "ledger.sqlite")) as ledger:
        ledger.executescript(damage.replace("FIRST", first))


def test_a_whole_campaign_is_proved_whole(ended: Path) -> None:
    verdict = verify(ended)
    assert verdict.broken == ()
    assert (verdict.results, verdict.finished) == (BUDGET, "budget-reached")
    assert verdict.tasks > BUDGET
    assert verdict.models >= 1


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("UPDATE task SET status = NULL WHERE task_id = FIRST", "but its status is None."),
        ("UPDATE task SET state = 'ready' WHERE task_id = FIRST", "is ok already."),
        ("UPDATE task SET state = 'revoked' WHERE task_id = FIRST", "was taken back, but"),
        (
            "UPDATE task SET status = 'cancelled', error = '{}' WHERE task_id = FIRST",
            "ended as cancelled, and this ledger never took it back",
        ),
        ("UPDATE task SET error = '{}' WHERE task_id = FIRST", "does not go with its error {}."),
        ("DELETE FROM result WHERE number = 1", "succeeded, but there is no result from it."),
        ("DELETE FROM result WHERE number = 1", f"The last result is number {BUDGET}, but there"),
        ("DELETE FROM result WHERE number = 1", "gave a result by the journal, but not by"),
        (
            "UPDATE result SET molecule = 59999 WHERE number = 1",
            "not a successful simulation of mol",
        ),
        (
            "UPDATE result SET level = 'dft' WHERE number = 1",
            "at dft.",
        ),
        ("DELETE FROM result WHERE number = 1", "belongs to result 1, which is not of that"),
        (
            "UPDATE label SET molecule = 59999 WHERE number = 1",
            "of molecule 59999 at xtb belongs to result 1, which is not of that molecule",
        ),
        ("DELETE FROM label WHERE number = 1", "has no adiabatic_ionization_potential."),
        ("UPDATE label SET value = 9e999 WHERE number = 1", "is inf, which is not a number."),
        ("UPDATE label SET value = 'much' WHERE number = 1", "is much, which is not a number."),
        (
            "UPDATE label SET unit = 'kJ/mol' WHERE number = 1",
            "The adiabatic_ionization_potential at xtb is given in several units: eV, kJ/mol.",
        ),
        (
            "INSERT INTO known_label (smiles, level, property, value, unit) VALUES"
            " ('C', 'xtb', 'adiabatic_ionization_potential', 0.5, 'hartree')",
            "is given in several units: eV, hartree.",
        ),
        (
            "INSERT INTO known_label (smiles, level, property, value, unit) VALUES"
            " ('C', 'xtb', 'adiabatic_ionization_potential', -9e999, 'eV')",
            "The known adiabatic_ionization_potential of C at xtb is -inf, which is not",
        ),
        ("UPDATE prediction SET means = '[]'", "are not of each output."),
        ("UPDATE choice SET spreads = '[1.0, 2.0]'", "are not of each output."),
        ("UPDATE model SET validation_mae = '[]'", "are not of each output."),
        ("DELETE FROM model", "succeeded, but there is no model from it."),
        (
            "UPDATE model SET task_id = 'x' WHERE generation = 1 AND task_id LIKE '%/0/1'",
            "belongs to x, which is not a successful training.",
        ),
        (
            "UPDATE fact SET value = json_set(value, '$.budget', 3) WHERE name = 'plan'",
            f"There are {BUDGET} results at xtb, and never was a budget of that many.",
        ),
        (
            "UPDATE fact SET value = '\"failing\"' WHERE name = 'finished'",
            "the ledger says failing",
        ),
        ("DELETE FROM fact WHERE name = 'finished'", "the ledger says None."),
        ("UPDATE task SET state = 'dispatched' WHERE task_id = FIRST", "is still dispatched."),
        (
            "UPDATE task SET state = 'dispatched' WHERE task_id = FIRST",
            "is in flight by the tab",
        ),
        (
            "INSERT INTO object VALUES ('file', 'k', 'space', '{}')",
            "object k in store file was not",
        ),
        ("UPDATE task SET settled_at = 1 WHERE task_id = FIRST", "on steering's clock are out"),
        ("UPDATE task SET ended_at = 1 WHERE task_id = FIRST", "on its worker's clock are out"),
        ("DELETE FROM event WHERE seq = 1", "A journal holds `began` once"),
        ("UPDATE event SET body = '{}' WHERE seq = 2", "an event that this version cannot read"),
        ("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)", "has ended by the tables"),
        ("INSERT INTO event (body) SELECT body FROM event WHERE seq = 2", "ended 2 times in the"),
        ("DELETE FROM task WHERE topic = 'infer'", "was ordered by the journal, but not by the"),
        (
            "UPDATE task SET command = json_set(command, '$.molecule', 59) WHERE task_id = FIRST",
            "was ordered as DispatchSimulation(",
        ),
        (
            "UPDATE result SET number = 100 - number; UPDATE result SET number = number - 75",
            "numbered in another order",
        ),
    ],
)
def test_what_is_broken_is_named(run_dir: Path, damage: str, sentence: str) -> None:
    spoil(run_dir, damage)
    assert sentence in "\n".join(verify(run_dir).broken)


def test_a_label_of_another_molecule_is_named_where_the_space_is_at_hand(
    run_dir: Path, tmp_path: Path
) -> None:
    shutil.copytree(toy_space(tmp_path).folder, run_dir / "space" / "built")
    digest = SearchSpace.open(run_dir / "space" / "built").digest
    with closing(Ledger(run_dir)) as ledger, ledger.transaction():
        ledger.set_fact("identity", {"campaign.space": digest})
    assert verify(run_dir).broken == ()
    spoil(run_dir, "UPDATE result SET smiles = 'c1ccccc1' WHERE number = 3")
    (sentence,) = verify(run_dir).broken
    assert sentence.startswith("Result 3 is of c1ccccc1, but molecule ")


def remove(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-8])


def flip(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")


def empty_record(file: Path) -> None:
    file.write_bytes(gzip.compress(b"[]"))


@pytest.mark.parametrize(
    ("folder", "damage", "reason"),
    [
        ("records", remove, "cannot be read: No such file or directory."),
        ("records", cut, "cannot be read: "),
        ("records", empty_record, "cannot be read: it holds no record."),
        ("models", remove, "cannot be used: No such file or directory."),
        ("models", flip, "cannot be used: its SHA-256 digest is another one."),
    ],
)
def test_a_damaged_file_is_named(
    run_dir: Path, folder: str, damage: Callable[[Path], None], reason: str
) -> None:
    file = min(path for path in (run_dir / folder).rglob("*") if path.is_file())
    damage(file)
    sentence, *others = verify(run_dir).broken  # records that ended together share a file
    assert file.name in sentence
    assert reason in sentence
    assert all(file.name in other for other in others)


def test_a_ledger_that_is_no_database_is_told(run_dir: Path) -> None:
    (run_dir / "ledger.sqlite").write_bytes(b"nothing" * 1000)
    with pytest.raises(UserError, match="file is not a database"):
        verify(run_dir)


def test_a_ledger_that_is_damaged_inside_is_told(run_dir: Path) -> None:
    spoil(run_dir, "PRAGMA journal_mode = DELETE")
    ledger = bytearray((run_dir / "ledger.sqlite").read_bytes())
    ledger[20_000:60_000] = b"x" * 40_000
    (run_dir / "ledger.sqlite").write_bytes(ledger)
    assert "ledger" in verify(run_dir).broken[0]


def test_the_command_tells_in_words_and_in_json(run_dir: Path) -> None:
    said = CliRunner().invoke(command, [str(run_dir)])
    assert said.exit_code == 0
    assert said.output.endswith("tasks: all is whole.\n")
    spoil(run_dir, "DELETE FROM result WHERE number = 1")
    said = CliRunner().invoke(command, [str(run_dir), "--json"])
    assert said.exit_code == 1
    assert any("no result from it" in sentence for sentence in json.loads(said.output)["broken"])


def test_a_folder_without_a_campaign_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no campaign"):
        verify(tmp_path)
