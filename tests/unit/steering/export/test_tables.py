from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from support.toy_campaign import BUDGET, ToyCampaign
from support.toy_services import toy_value_eV

from molsteer.steering.records.tables.columns import Table
from molsteer.steering.records.tables.patterns import laid_out
from molsteer.steering.records.tables.tables import TABLES

pytestmark = pytest.mark.fast

VALUE = "adiabatic_ionization_potential_eV"

Read = Callable[[str], Sequence[Mapping[str, Any]]]


def test_every_labelled_molecule_has_its_values_and_what_was_expected_of_it(read: Read) -> None:
    molecules = read("molecules")
    assert [molecule["number"] for molecule in molecules] == list(range(1, BUDGET + 1))
    for molecule in molecules:
        value_eV = toy_value_eV(str(molecule["smiles"]))
        assert molecule[VALUE] == value_eV
        if molecule["generation"] == 0:
            assert molecule[f"predicted_mean_{VALUE}"] is None
        else:
            assert molecule[f"predicted_mean_{VALUE}"] == pytest.approx(value_eV, abs=1e-4)
    assert molecules[-1]["generation"] != 0


def test_every_attempt_has_a_row_whether_it_gave_a_label_or_not(read: Read) -> None:
    simulations = read("simulations")
    labelled = [row for row in simulations if row[VALUE] is not None]
    failed = [row for row in simulations if row["status"] == "error"]
    assert len(labelled) == BUDGET
    assert {row["error_code"] for row in failed} == {"scf-failed"}
    assert Counter(row["attempt"] for row in failed)[2] == len(failed) / 2
    assert all(row["worker"] == "toy" and row["starts"] == 1 for row in labelled + failed)


def test_a_failure_names_its_molecule(read: Read, ended: ToyCampaign) -> None:
    molecule_of = {row["task_id"]: row["molecule"] for row in read("simulations")}
    assert read("failures")
    for failure in read("failures"):
        assert failure["smiles"] == ended.space.smiles(molecule_of[failure["task_id"]])
        assert failure["retryable"] is True


def test_the_intervals_of_a_task_add_up_to_its_life(read: Read) -> None:
    spent_s = defaultdict[object, float](float)
    for row in read("timings"):
        spent_s[row["task_id"]] += row["duration_s"]
    for name in ("simulations", "trainings", "inferences"):
        for task in read(name):
            if task["state"] == "settled":
                assert spent_s[task["task_id"]] == task["settled_at"] - task["created_at"]


def test_every_member_of_every_update_has_a_row(read: Read) -> None:
    trained = Counter(row["generation"] for row in read("models"))
    assert trained[1] == 4
    assert {row["member"] for row in read("models") if row["generation"] == 1} == {0, 1, 2, 3}
    assert {row["task_id"] for row in read("models")} == {
        row["task_id"] for row in read("trainings") if row["status"] == "ok"
    }


def test_the_chunks_of_an_update_hold_the_whole_space(read: Read, ended: ToyCampaign) -> None:
    scored = [row["molecules"] for row in read("inferences") if row["generation"] == 1]
    assert scored == [16, 16, 16, len(ended.space) - 48]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_cells_are_of_the_kind_their_column_promises(
    read: Read, table: Table, ended: ToyCampaign
) -> None:
    kinds = {"text": str, "integer": int, "number": float, "boolean": bool}
    columns = laid_out(table, ended.open_ledger()).columns
    for row in read(table.name):
        for column in columns:
            cell = row[column.name]
            assert cell is None or type(cell) is kinds[column.kind], column.name


def test_every_column_says_what_it_means() -> None:
    for table in TABLES:
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names))
        assert all(column.meaning.endswith(".") for column in table.columns)
        ours = [column for column in table.columns if column.name != "predicted_score"]
        assert all(column.unit for column in ours if column.kind == "number")


def test_whatever_is_put_on_one_side_is_read_on_the_other(read: Read) -> None:
    sizes: defaultdict[tuple[object, ...], int] = defaultdict(int)
    for row in read("transfers"):
        sizes[row["topic"], row["side"], row["operation"]] += row["size_bytes"]
    assert sizes["train", "worker", "put"] == sizes["train", "steering", "get"] > 0
    assert sizes["train", "steering", "put"] > 0
    assert sizes["infer", "worker", "get"] > sizes["infer", "steering", "put"] > 0
