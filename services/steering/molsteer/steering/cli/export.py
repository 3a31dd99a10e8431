"""`molsteer export`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, assert_never

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Choice
from molsteer.shared.wording import counted
from molsteer.steering.records.tables.tables import TABLES


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_name",
    type=Choice(["csv", "jsonl", "parquet", "qcschema", "safetensors"]),
    default="csv",
    show_default=True,
    help="How to write; parquet needs the package pyarrow.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    show_default="RUN_DIR/export-FORMAT",
    help="Folder to make; its parent must exist.",
)
@click.option(
    "--table",
    "names",
    type=Choice([table.name for table in TABLES]),
    multiple=True,
    show_default="all",
    help="Write only this table; can be given several times.",
)
@click.option("--force", is_flag=True, help="Replace an earlier export.")
@as_json
def export(
    run_dir: Path,
    format_name: Literal["csv", "jsonl", "parquet", "qcschema", "safetensors"],
    output: Path | None,
    names: Sequence[str],
    force: bool,
    as_json: bool,
) -> None:
    """Write the records of the campaign in RUN_DIR as tables, whether or not it runs now.

    The tables are molecules, simulations, trainings, inferences, models, timings, transfers and
    failures; docs/run-records.md explains every column. The format qcschema gives the full record
    of every simulation instead, one QCSchema document a line, and the format safetensors the newest
    models, with which another campaign can begin. The folder appears when it is complete.

    \b
    Examples:
      molsteer export runs/quickstart
      molsteer export runs/quickstart --format parquet -o records
      molsteer export runs/quickstart --format jsonl --table molecules --table models
      molsteer export runs/quickstart --format qcschema --force
      molsteer export runs/quickstart --format safetensors -o models
    """
    from molsteer.steering.export.export import export_models, export_qcschema, export_tables

    if names and format_name in {"qcschema", "safetensors"}:
        raise click.UsageError(f"--format {format_name} has no tables. Leave --table out.")
    folder = output or run_dir / f"export-{format_name}"
    match format_name:
        case "csv" | "jsonl" | "parquet":
            chosen = [table for table in TABLES if table.name in names or not names]
            rows = export_tables(run_dir, folder, chosen, format_name, replace=force)
        case "qcschema":
            rows = export_qcschema(run_dir, folder, replace=force)
        case "safetensors":
            rows = export_models(run_dir, folder, replace=force)
        case _:
            assert_never(format_name)
    if as_json:
        say(json.dumps({"folder": str(folder), "rows": rows}))
        return
    unit = "member" if format_name == "safetensors" else "row"
    for file, count in rows.items():
        say(f"{folder / file}  {counted(count, unit)}")
