"""Tables have a column for each property that was computed, named with its unit."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from support.made_ledgers import (
    GAP,
    GAP_OF_3_AND_SOLUBLE,
    HIGH_IP,
    IP,
    SOLVATION,
    Made,
    add_models,
    made_ledger,
)

from molsteer.shared.wire.properties import Objective, Output
from molsteer.steering.export.export import export_qcschema, export_tables
from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.tables.columns import Table
from molsteer.steering.records.tables.patterns import laid_out
from molsteer.steering.records.tables.tables import (
    MODELS,
    MOLECULES,
    SIMULATIONS,
    TABLES,
    TRAININGS,
)

pytestmark = pytest.mark.fast

Cells = dict[str, object]


def read(ledger: Ledger, table: Table) -> list[Cells]:
    whole = laid_out(table, ledger)
    names = [column.name for column in whole.columns]
    assert len(names) == len(set(names))
    return [dict(zip(names, row, strict=True)) for row in whole.read(ledger)]


def units(ledger: Ledger, table: Table) -> dict[str, str]:
    return {column.name: column.unit for column in laid_out(table, ledger).columns}


def two_levels(folder: Path) -> Ledger:
    results = [
        Made(4, "CO", "quick", {SOLVATION.name: -5.0}),
        Made(7, "CN", "quick", {SOLVATION.name: -3.0, "steps": 12.0}, [3.5, -2.0]),
        Made(7, "CN", "good", {GAP.name: 2.5}, [3.5, -2.0]),
    ]
    ledger = made_ledger(folder, GAP_OF_3_AND_SOLUBLE, results, units={"steps": ""})
    add_models(ledger, 1, [[0.5, None]])
    return ledger


def test_a_row_holds_what_was_computed_at_its_level_and_what_was_expected(tmp_path: Path) -> None:
    with closing(two_levels(tmp_path)) as ledger:
        rows = read(ledger, MOLECULES)
    assert [(row["molecule"], row["level"]) for row in rows] == [
        *((4, "quick"), (7, "quick"), (7, "good")),
    ]
    assert [row["homo_lumo_gap_eV"] for row in rows] == [None, None, 2.5]
    # A unit that cannot stand in a name is left to the column's description.
    assert [row["solvation_energy"] for row in rows] == [-5.0, -3.0, None]
    assert [row["steps"] for row in rows] == [None, 12.0, None]
    assert [row["predicted_mean_homo_lumo_gap_eV"] for row in rows] == [None, 3.5, 3.5]
    assert [row["predicted_mean_solvation_energy"] for row in rows] == [None, -2.0, -2.0]
    assert [row["predicted_spread_solvation_energy"] for row in rows] == [None, 0.25, 0.25]


def test_every_column_knows_its_unit_whatever_its_name(tmp_path: Path) -> None:
    with closing(two_levels(tmp_path)) as ledger:
        found = units(ledger, MOLECULES) | units(ledger, TRAININGS)
    assert found["homo_lumo_gap_eV"] == "eV"
    assert found["solvation_energy"] == "kcal/mol"
    assert found["predicted_spread_solvation_energy"] == "kcal/mol"
    assert found["validation_mae_homo_lumo_gap_eV"] == "eV"
    assert found["steps"] == found["predicted_score"] == found["smiles"] == ""
    assert (found["cpu_s"], found["sent_bytes"]) == ("s", "bytes")


def test_what_is_known_of_a_property_is_its_meaning(tmp_path: Path) -> None:
    with closing(two_levels(tmp_path)) as ledger:
        columns = laid_out(MOLECULES, ledger).columns
    meanings = {column.name: column.meaning for column in columns}
    assert "lowest empty orbital" in meanings["homo_lumo_gap_eV"]
    assert "'steps'" in meanings["steps"]
    assert "at the level good" in meanings["predicted_mean_homo_lumo_gap_eV"]


def test_errors_of_models_are_told_output_by_output(tmp_path: Path) -> None:
    with closing(two_levels(tmp_path)) as ledger:
        for table in (TRAININGS, MODELS):
            (row,) = read(ledger, table)
            assert row["validation_mae_homo_lumo_gap_eV"] == 0.5
            assert row["validation_mae_solvation_energy"] is None


def test_columns_are_there_before_the_first_result(tmp_path: Path) -> None:
    with closing(made_ledger(tmp_path, HIGH_IP)) as ledger:
        assert {
            "adiabatic_ionization_potential_eV",
            "predicted_mean_adiabatic_ionization_potential_eV",
        } <= units(ledger, MOLECULES).keys()


def test_a_property_at_several_levels_is_expected_of_each(tmp_path: Path) -> None:
    other = IP.model_copy(update={"level": "good"})
    with closing(made_ledger(tmp_path, HIGH_IP, outputs=[IP, other])) as ledger:
        assert {
            "predicted_mean_adiabatic_ionization_potential_eV_xtb",
            "predicted_mean_adiabatic_ionization_potential_eV_good",
        } <= units(ledger, MOLECULES).keys()


def test_properties_that_would_share_a_name_keep_their_own_columns(tmp_path: Path) -> None:
    values = {"number": 3.0, "cost": 1.0, "cost_s": 2.0, "own_name": 4.0, "smiles": 5.0}
    objectives = [
        Objective(output=Output(name=name, level="xtb", unit="s" if name == "cost" else ""))
        for name in values
    ]
    with closing(made_ledger(tmp_path, objectives, [Made(0, "C", "xtb", values)])) as ledger:
        with ledger.transaction():
            own_columns.keep(ledger, 0, ("name", "level"), {"name": "methane"})
        for table in (MOLECULES, SIMULATIONS):
            (row,) = read(ledger, table)
            found = [row["cost_s"], row["cost_s_2"], row["own_name_2"], row["smiles_2"]]
            assert found == [1.0, 2.0, 4.0, 5.0]
            assert (row["own_name"], row["smiles"]) == ("methane", "C")


def test_every_format_has_the_columns_of_the_campaign(tmp_path: Path) -> None:
    if "CI" not in os.environ:
        pytest.importorskip("pyarrow")
    from pyarrow import parquet

    (tmp_path / "run").mkdir()
    two_levels(tmp_path / "run").close()
    for format_name in ("csv", "jsonl", "parquet"):
        folder = tmp_path / format_name
        export_tables(tmp_path / "run", folder, TABLES, format_name, replace=False)  # type: ignore[arg-type]
        assert (folder / f"molecules.{format_name}").is_file()
    first = (tmp_path / "csv" / "molecules.csv").read_text().splitlines()[0].split(",")
    schema = parquet.read_schema(tmp_path / "parquet" / "molecules.parquet")
    assert "homo_lumo_gap_eV" in first
    assert schema.names == first
    assert schema.field("solvation_energy").metadata[b"unit"] == b"kcal/mol"


def test_records_of_every_level_become_documents(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    for place in ("quick/4", "quick/7", "good/7"):
        file = run_dir / "records" / f"{place}.json.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(file, "wt") as record:
            json.dump({"relaxed": {"of": place}}, record)
    two_levels(run_dir).close()
    export_qcschema(run_dir, tmp_path / "out", replace=False)
    lines = (tmp_path / "out" / "records.jsonl").read_text().splitlines()
    assert list(map(json.loads, lines)) == [
        {"of": "quick/4", "id": "simulate/4/quick/1/relaxed"},
        {"of": "quick/7", "id": "simulate/7/quick/1/relaxed"},
        {"of": "good/7", "id": "simulate/7/good/1/relaxed"},
    ]
