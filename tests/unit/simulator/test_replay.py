"""Answers from a table, as a worker gives them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from molsteer.shared.wire.properties import Quantity
from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.errors import NoRecordedValue, NotInTable, TableMissing, TimeLimit
from molsteer.simulator.port import Computed
from molsteer.simulator.replay import replay

pytestmark = pytest.mark.fast

TABLE = "smiles,score,seconds\nCCO,-1e6,0.5\nCC,,0.5\nC,0,\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / f"{hashlib.sha256(TABLE.encode()).hexdigest()}.csv"
    path.write_text(TABLE)
    return path


def answer(
    smiles: str, table: Path | None, speed: float | None = None, remaining_s: float = 60.0
) -> Computed:
    spec = SimulationSpec(method="replay", table=table, speed=speed)
    return replay()(smiles, spec, {"score": "kcal/mol"}, Path(), remaining_s)


def test_a_molecule_has_the_value_of_its_row_in_the_unit_that_is_wanted(table: Path) -> None:
    assert answer("CCO", table).values == {"score": Quantity(value=-1e6, unit="kcal/mol")}
    assert answer("C", table, speed=1e6).values["score"].value == 0.0


def test_a_molecule_without_a_value_or_a_row_fails_for_good(table: Path) -> None:
    for smiles, error in (("CC", NoRecordedValue), ("CCC", NotInTable)):
        with pytest.raises(error) as raised:
            answer(smiles, table, speed=1e6)
        assert not raised.value.retryable


def test_a_row_that_takes_longer_than_there_is_time_may_be_tried_again(table: Path) -> None:
    with pytest.raises(TimeLimit):
        answer("CCO", table, speed=1.0, remaining_s=0.001)


def test_a_table_that_is_not_what_its_name_says_is_not_believed(table: Path) -> None:
    table.write_text(TABLE.replace("-1e6", "1e6"))
    with pytest.raises(TableMissing, match="not the one that it is named by") as raised:
        answer("CCO", table)
    assert raised.value.retryable
    with pytest.raises(TableMissing, match="none is named"):
        answer("CCO", None)
    with pytest.raises(TableMissing, match="No such file"):
        answer("CCO", table.parent / "other.csv")
