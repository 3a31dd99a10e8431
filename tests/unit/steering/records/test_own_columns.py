"""What users wrote beside the SMILES stays with the molecule, from file into every output."""

from __future__ import annotations

import csv
import json
import tracemalloc
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic_core import to_jsonable_python
from rich.console import Console
from support.tasks import outcome_of
from support.toy_campaign import MOLECULES, ToyCampaign, toy_plan

from molsteer.shared.wire.messages import ErrorRecord, Failed, Simulate, Task
from molsteer.steering.cli.console import show_findings
from molsteer.steering.cli.dead import dead
from molsteer.steering.export.export import export_tables
from molsteer.steering.export.frames import Frames
from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.live.describing import describe
from molsteer.steering.records.dead_tasks import dead_tasks
from molsteer.steering.records.findings import Findings, read_findings
from molsteer.steering.records.progress import measure
from molsteer.steering.records.tables.tables import FAILURES, SIMULATIONS
from molsteer.steering.records.tables.tables import MOLECULES as TABLE
from molsteer.steering.records.titles import shown, title, title_headings
from molsteer.steering.report.markdown import render
from molsteer.steering.run_directory import describe as describe_run
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.build import build
from molsteer.steering.space.errors import DamagedSpace
from molsteer.steering.space.own_columns import CELLS_NAME
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast

ROGUE = "=cmd|' /C calc'!A0 \x1b[31m<b>|\nnext line"


NAME = 'Brand "name'

POISON = Failed(
    status="poison",
    error=ErrorRecord(code="poison", message="It began 3 times and never ended.", retryable=False),
)


def name_of(smiles: str) -> str:
    return ROGUE if smiles == "CF" else f"no. {MOLECULES.index(smiles)}, of many"


def built(folder: Path, rows: list[tuple[str, ...]], name: str = "a.csv") -> SearchSpace:
    with (folder / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    build([folder / name], folder / "space", chunk_size=16, processes=1)
    return SearchSpace.open(folder / "space")


def no_sulfur(task: Task) -> ErrorRecord | None:
    if isinstance(task.body, Simulate) and "S" in task.body.smiles:
        return ErrorRecord(code="scf-failed", message="No density.", retryable=False)
    return None


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> ToyCampaign:
    rows = [(str(place), smiles, "", name_of(smiles)) for place, smiles in enumerate(MOLECULES)]
    space = built(tmp_path_factory.mktemp("space"), [("vendor id", "SMILES", "price", NAME), *rows])
    plan = toy_plan(space, budget=40)
    toy = ToyCampaign(tmp_path_factory.mktemp("run"), space, plan, fails=no_sulfur)
    toy.run_to_the_end(toy.steering())
    return toy


@pytest.fixture
def findings(ended: ToyCampaign) -> Findings:
    return read_findings(ended.open_ledger(), "toy")


def test_a_space_gives_each_molecule_what_its_row_said(tmp_path: Path) -> None:
    rows = [("id", "smiles", "note"), ("a", "CCO", ROGUE), ("b", "OCC", "twice"), ("", "C", "")]
    space = built(tmp_path, rows)
    assert space.own_headings == ("id", "note")
    assert [dict(space.own_cells(index)) for index in range(2)] == [{"id": "a", "note": ROGUE}, {}]
    with pytest.raises(IndexError):
        space.own_cells(2)


def test_columns_of_several_files_stand_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("smiles,id,price\nCCO,1,2.50\n")
    (tmp_path / "b.smi").write_text("CCN ethyl amine\n")
    (tmp_path / "c.tsv").write_text("id\tsmiles\tname\tname\n7\tCCC\tpropane\tR290\n")
    sources = [tmp_path / name for name in ("a.csv", "b.smi", "c.tsv")]
    build(sources, tmp_path / "space", chunk_size=2)
    space = SearchSpace.open(tmp_path / "space")
    assert [dict(space.own_cells(index)) for index in range(3)] == [
        {"id": "1", "price": "2.50"},
        {"name": "ethyl amine"},
        {"id": "7", "name": "propane", "name (column 4)": "R290"},
    ]


def test_a_list_of_smiles_alone_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("CCO\nCCN\n")
    manifest = build([tmp_path / "a.smi"], tmp_path / "space", chunk_size=2)
    assert manifest.own_columns is None
    assert not (tmp_path / "space" / CELLS_NAME).exists()
    assert SearchSpace.open(tmp_path / "space").own_cells(0) == {}


def test_molecules_are_the_same_whatever_is_said_of_them(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
    named = built(tmp_path / "a", [("smiles", "name"), ("CCO", "ethanol")])
    assert named.digest == built(tmp_path / "b", [("smiles",), ("CCO",)]).digest


@pytest.mark.parametrize("line", [b"\xff" * 12, b"[" * 12, b'{"a":  "b"}\n', b"[1, 2, 3]  \n"])
def test_damaged_columns_are_told(tmp_path: Path, line: bytes) -> None:
    space = built(tmp_path, [("smiles", "name"), ("CCO", "ethanol1")])
    (space.folder / CELLS_NAME).write_bytes(line)
    with pytest.raises(DamagedSpace, match=CELLS_NAME):
        space.own_cells(0)


def test_the_columns_of_a_large_space_are_not_held_in_memory(tmp_path: Path) -> None:
    rows = [(smiles, "x" * 20_000) for smiles in MOLECULES * 20]
    source = [("smiles", "note"), *rows]
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows(source)
    space = SearchSpace.open(build_in(tmp_path))
    tracemalloc.start()
    try:
        assert len(space.own_cells(len(space) - 1)["note"]) == 20_000
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 300_000


def build_in(folder: Path) -> Path:
    build([folder / "a.csv"], folder / "space", chunk_size=16, processes=1)
    return folder / "space"


def test_the_report_tells_identifier_and_name_of_the_best(
    ended: ToyCampaign, findings: Findings
) -> None:
    text = render(findings, "plot.png")
    heading = next(line for line in text.splitlines() if "potential / eV" in line)
    assert heading.rstrip("| ").endswith('| `vendor id` | `Brand "name`')
    best = findings.best(1)[0]
    row = next(line for line in text.splitlines() if f"`{best.smiles}`" in line)
    assert best.own == {
        "vendor id": str(MOLECULES.index(best.smiles)),
        NAME: name_of(best.smiles),
    }
    assert f"`{shown(name_of(best.smiles))}`" in row.replace("\\|", "|")


def test_what_a_cell_holds_is_shown_in_the_report_and_does_nothing(findings: Findings) -> None:
    rogue = replace(findings.found[0], own={NAME: ROGUE})
    text = render(replace(findings, found=[rogue]), "plot.png")
    assert "`=cmd\\|' /C calc'!A0 [31m<b>\\| next line`" in text
    assert "\x1b" not in text


def test_the_best_molecules_are_printed_with_their_names(findings: Findings) -> None:
    output = StringIO()
    show_findings(findings, Console(file=output, width=200))
    for molecule in findings.best(10):
        assert shown(molecule.own[NAME]) in output.getvalue()
    assert "\x1b" not in output.getvalue()


def test_progress_names_the_best_molecule(ended: ToyCampaign) -> None:
    progress = measure(ended.open_ledger(), budget=40, activity="idle", now=ended.clock())
    assert progress.best_own[NAME] == name_of(str(progress.best_smiles))
    json.dumps(to_jsonable_python(progress))
    assert any(f"{progress.best_smiles} (" in part for part in describe(progress))


def test_a_dead_task_is_listed_with_the_name_of_its_molecule(tmp_path: Path) -> None:
    space = built(tmp_path, [("smiles", "name"), *((smiles, "x" + smiles) for smiles in MOLECULES)])
    describe_run(tmp_path, CampaignSettings.model_validate({"campaign": {"space": space.folder}}))
    toy = ToyCampaign(tmp_path, space, toy_plan(space, budget=1, slots_simulate=1, buffer=0))
    steering = toy.steering()
    steering.step(0.0)
    order = toy.bus.take("simulate")
    assert order is not None
    toy.bus.finish(outcome_of(order).model_copy(update={"start": 4, "result": POISON}))
    steering.step(0.0)
    (task,) = dead_tasks(steering.ledger)
    assert (task.level, task.own) == ("xtb", {"name": f"x{task.smiles}"})
    assert (
        f"{task.smiles} (x{task.smiles})"
        in CliRunner().invoke(dead, ["list", str(tmp_path)]).output
    )


@pytest.mark.parametrize("format_name", ["csv", "jsonl", "parquet"])
def test_exports_hold_the_columns_as_they_were_written(
    ended: ToyCampaign, tmp_path: Path, format_name: str
) -> None:
    pandas = pytest.importorskip("pandas")
    tables = [TABLE, SIMULATIONS, FAILURES]
    export_tables(ended.folder, tmp_path / "out", tables, format_name, replace=False)  # type: ignore[arg-type]
    read = {"csv": pandas.read_csv, "parquet": pandas.read_parquet}.get(
        format_name, lambda path: pandas.read_json(path, lines=True)
    )
    for table in tables:
        frame = read(tmp_path / "out" / f"{table.name}.{format_name}")
        assert len(frame)
        for row in frame.itertuples(index=False):
            cells = dict(zip(frame.columns, row, strict=True))
            assert str(cells["own_vendor id"]) == str(MOLECULES.index(cells["smiles"]))
            if format_name != "csv":  # which may have to disarm them for spreadsheets
                assert cells[f"own_{NAME}"] == name_of(cells["smiles"])


def test_frames_have_the_columns_too(ended: ToyCampaign) -> None:
    pytest.importorskip("pandas")
    frame = Frames(ended.folder)["molecules"]
    assert list(frame.columns[-3:]) == ["own_vendor id", "own_price", f"own_{NAME}"]
    assert list(frame["own_vendor id"]) == [str(MOLECULES.index(s)) for s in frame.smiles]
    assert frame["own_price"].isna().all()


def test_columns_of_a_space_that_was_built_again_do_not_mix_up(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, create=True)
    with ledger.transaction():
        own_columns.keep(ledger, 3, ("id", "name"), {"name": "x"})
        own_columns.keep(ledger, 4, ("price", "name"), {"name": "y", "price": "2"})
    assert own_columns.headings(ledger) == ("id", "name", "price")
    assert own_columns.of_all(ledger) == {3: {"name": "x"}, 4: {"name": "y", "price": "2"}}


@pytest.mark.parametrize(
    ("headings", "chosen"),
    [
        (["price", "Compound Name", "zinc_id"], ("zinc_id", "Compound Name")),
        (["CAS-Number", "x"], ("CAS-Number",)),
        (["price", "IUPAC name"], ("IUPAC name",)),
        (["split", "fold"], ("split",)),
        ([], ()),
    ],
)
def test_a_molecule_is_called_by_identifier_and_name(
    headings: list[str], chosen: tuple[str, ...]
) -> None:
    assert title_headings(headings) == chosen


def test_a_title_is_one_short_line_that_a_terminal_only_shows() -> None:
    assert title({"id": "7", "name": ROGUE}) == "=cmd|' /C calc'!A0 [31m<b>| next line"
    assert title({"name": 30 * "ab c"}) == f"{(30 * 'ab c')[:37]}..."
    assert title({}) == ""
