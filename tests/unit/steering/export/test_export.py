from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import sys
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from support.toy_campaign import ToyCampaign, toy_plan

from molsteer.shared.errors import RefusedFolder
from molsteer.steering.errors import (
    NoCampaign,
    ParquetUnavailable,
    RecordUnreadable,
    UnusableModels,
)
from molsteer.steering.export.export import export_models, export_qcschema, export_tables
from molsteer.steering.export.writers import TableFormat
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.tables.patterns import laid_out
from molsteer.steering.records.tables.tables import MOLECULES, SIMULATIONS, TABLES, TIMINGS

pytestmark = pytest.mark.fast

VALUE = "adiabatic_ionization_potential_eV"

Read = Callable[[str], Sequence[Mapping[str, object]]]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def json_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_json_lines_hold_every_row_of_every_table(
    ended: ToyCampaign, read: Read, tmp_path: Path
) -> None:
    rows = export_tables(ended.folder, tmp_path / "out", TABLES, "jsonl", replace=False)
    for table in TABLES:
        found = json_lines(tmp_path / "out" / f"{table.name}.jsonl")
        assert found == read(table.name)
        assert rows[f"{table.name}.jsonl"] == len(found)


def test_csv_holds_the_same_cells_as_text(ended: ToyCampaign, read: Read, tmp_path: Path) -> None:
    export_tables(ended.folder, tmp_path / "out", TABLES, "csv", replace=False)
    for table in TABLES:
        with (tmp_path / "out" / f"{table.name}.csv").open(newline="") as file:
            found = list(csv.DictReader(file))
        assert found == [
            {name: "" if cell is None else str(cell) for name, cell in row.items()}
            for row in read(table.name)
        ]


def test_parquet_holds_the_same_rows_with_types_and_meanings(
    ended: ToyCampaign, read: Read, tmp_path: Path
) -> None:
    if "CI" not in os.environ:
        pytest.importorskip("pyarrow")
    from pyarrow import parquet

    export_tables(ended.folder, tmp_path / "out", TABLES, "parquet", replace=False)
    ledger = ended.open_ledger()
    for table in TABLES:
        found = parquet.read_table(tmp_path / "out" / f"{table.name}.parquet")
        assert found.to_pylist() == read(table.name)
        assert [
            (field.metadata[b"meaning"].decode(), field.metadata[b"unit"].decode())
            for field in found.schema
        ] == [(column.meaning, column.unit) for column in laid_out(table, ledger).columns]


def test_parquet_without_its_library_says_how_to_install_it(
    ended: ToyCampaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ParquetUnavailable, match=r"pip install pyarrow"):
        export_tables(ended.folder, tmp_path / "out", TABLES, "parquet", replace=False)
    assert not names(tmp_path)


def test_only_the_wanted_tables_are_written(ended: ToyCampaign, tmp_path: Path) -> None:
    export_tables(ended.folder, tmp_path / "out", [MOLECULES], "csv", replace=False)
    assert names(tmp_path / "out") == ["export.json", "molecules.csv"]
    description = json.loads((tmp_path / "out" / "export.json").read_text())
    assert description["finished"] == "budget-reached"
    assert description["rows"] == {"molecules.csv": 24}


def test_an_export_is_replaced_only_when_asked(ended: ToyCampaign, tmp_path: Path) -> None:
    def export(format_name: TableFormat, *, replace: bool) -> None:
        export_tables(ended.folder, tmp_path / "out", [MOLECULES], format_name, replace=replace)

    export("csv", replace=False)
    with pytest.raises(RefusedFolder, match=r"exists already.*--force"):
        export("jsonl", replace=False)
    assert "molecules.csv" in names(tmp_path / "out")
    export("jsonl", replace=True)
    assert names(tmp_path / "out") == ["export.json", "molecules.jsonl"]


def test_a_folder_that_is_no_export_is_never_replaced(ended: ToyCampaign, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(RefusedFolder, match=r"holds no export\.json"):
        export_tables(ended.folder, tmp_path, TABLES, "csv", replace=True)
    assert names(tmp_path) == ["letter.txt"]


def test_a_folder_without_a_campaign_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoCampaign, match="no campaign in"):
        export_tables(tmp_path, tmp_path / "out", TABLES, "csv", replace=False)
    assert not names(tmp_path)


def test_a_running_campaign_is_exported_as_it_is_at_one_instant(
    ended: ToyCampaign, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, ended.space, toy_plan(ended.space))
    campaign = toy.steering()
    for _ in range(3):
        campaign.step(0.0)
        toy.work()
    labels = campaign.state.successes
    with campaign.ledger.transaction() as connection:  # not committed, so not there yet
        connection.execute("DELETE FROM label")
        connection.execute("DELETE FROM result")
        export_tables(tmp_path, tmp_path / "out", TABLES, "jsonl", replace=False)
    assert labels == len(json_lines(tmp_path / "out" / "molecules.jsonl")) > 0
    simulations = json_lines(tmp_path / "out" / "simulations.jsonl")
    awaited = [row for row in simulations if row["state"] in {"ready", "dispatched"}]
    assert awaited
    assert all(row["status"] is None and row[VALUE] is None for row in awaited)


def test_what_is_written_meanwhile_is_not_seen(ended: ToyCampaign, tmp_path: Path) -> None:
    toy = ToyCampaign(tmp_path, ended.space, toy_plan(ended.space))
    campaign = toy.steering()
    campaign.step(0.0)
    reader = Ledger(tmp_path, read_only=True)
    with reader.snapshot():
        before = list(TIMINGS.read(reader))
        toy.work()
        campaign.step(0.0)
        assert list(TIMINGS.read(reader)) == before
    assert len(list(TIMINGS.read(reader))) > len(before)


def test_records_become_documents_that_name_their_simulation(
    ended: ToyCampaign, read: Read, tmp_path: Path
) -> None:
    run_dir = tmp_path / "run"
    shutil.copytree(ended.folder, run_dir)
    Ledger(run_dir).connection.execute("UPDATE result SET record = 'records/xtb/1.json.gz'")
    with gzip.open(run_dir / "records/xtb/1.json.gz", "wt") as file:
        json.dump({"neutral": {"extras": {"a": 1}}, "cation": {}}, file)
    rows = export_qcschema(run_dir, tmp_path / "out", replace=False)
    documents = json_lines(tmp_path / "out" / "records.jsonl")
    first = read("molecules")[0]["task_id"]
    assert documents[:2] == [
        {"extras": {"a": 1}, "id": f"{first}/neutral"},
        {"id": f"{first}/cation"},
    ]
    assert rows == {"records.jsonl": len(documents)} == {"records.jsonl": 48}


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"\x1f\x8b, cut")])
def test_a_damaged_record_is_named_and_nothing_half_written_stays(
    ended: ToyCampaign, read: Read, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    run_dir = tmp_path / "run"
    shutil.copytree(ended.folder, run_dir)
    record = run_dir / str(read("molecules")[0]["record"]).partition("#")[0]
    damage(record)
    with pytest.raises(RecordUnreadable, match=record.name):
        export_qcschema(run_dir, tmp_path / "out", replace=False)
    assert names(tmp_path) == ["run"]


def test_a_damaged_model_is_named(ended: ToyCampaign, tmp_path: Path) -> None:
    copy = shutil.copytree(ended.folder, tmp_path / "run")
    for file in (copy / "models").iterdir():
        file.write_bytes(b"nonsense")
    with pytest.raises(UnusableModels, match=r"models/\S+: It is not a complete safetensors file"):
        export_models(copy, tmp_path / "out", replace=False)
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("format_name", ["csv", "jsonl"])
def test_memory_does_not_grow_with_the_campaign(tmp_path: Path, format_name: TableFormat) -> None:
    ledger = Ledger(tmp_path, create=True)
    with ledger.transaction() as connection:
        connection.execute(
            "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number LIMIT 5000)"
            " INSERT INTO task (task_id, topic, command, state, created_at, dispatched_at)"
            " SELECT 'simulate/' || n || '/1', 'simulate',"
            " json_object('molecule', n, 'attempt', 1), 'dispatched', n, n + 1.0 FROM number"
        )
    ledger.close()
    tracemalloc.start()
    try:
        rows = export_tables(tmp_path, tmp_path / "out", [SIMULATIONS], format_name, replace=False)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rows == {f"simulations.{format_name}": 5000}
    assert peak_bytes < 1_000_000
