"""Writes the rows of a table to a file, one by one."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, assert_never

from molsteer.shared.foreign_text import spreadsheet_cell
from molsteer.steering.errors import ParquetUnavailable
from molsteer.steering.records.tables.columns import Cell, Row, Table

TableFormat = Literal["csv", "jsonl", "parquet"]
Writer = Callable[[Path, Table, Iterable[Row]], None]


def writer_of(format_name: TableFormat) -> Writer:
    """Find what writes a format.

    Raises:
        ParquetUnavailable: If its library is not installed.
    """
    match format_name:
        case "csv":
            return write_csv
        case "jsonl":
            return write_jsonl
        case "parquet":
            if find_spec("pyarrow") is None:
                raise ParquetUnavailable
            from molsteer.steering.export.parquet import write_parquet

            return write_parquet
        case _:
            assert_never(format_name)


def write_csv(path: Path, table: Table, rows: Iterable[Row]) -> None:
    """Write comma-separated values under a header; what is missing is an empty cell.

    Text that would be a formula begins with an apostrophe, and control characters are escaped.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(_plain(tuple(column.name for column in table.columns)))
        lines.writerows(map(_plain, rows))


def _plain(row: Row) -> list[Cell]:
    return [spreadsheet_cell(cell) if isinstance(cell, str) else cell for cell in row]


def write_jsonl(path: Path, table: Table, rows: Iterable[Row]) -> None:
    """Write one JSON object a line; what is missing is null."""
    names = [column.name for column in table.columns]
    write_json_lines(path, (dict(zip(names, row, strict=True)) for row in rows))


def write_json_lines(path: Path, documents: Iterable[Mapping[str, object]]) -> None:
    """Write each document on a line of its own."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(document) + "\n" for document in documents)
