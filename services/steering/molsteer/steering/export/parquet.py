"""Parquet files, by the optional library pyarrow."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pyarrow as arrow
from pyarrow.parquet import ParquetWriter

from molsteer.steering.records.tables.columns import Column, Row, Table

ROWS_AT_ONCE = 10_000

_TYPES = {
    "text": arrow.string(),
    "integer": arrow.int64(),
    "number": arrow.float64(),
    "boolean": arrow.bool_(),
}


def write_parquet(path: Path, table: Table, rows: Iterable[Row]) -> None:
    """Write typed columns, each with its meaning and unit as metadata."""
    schema = arrow.schema([_field(column) for column in table.columns])
    left = iter(rows)
    with ParquetWriter(path, schema) as file:
        while batch := list(islice(left, ROWS_AT_ONCE)):
            columns = zip(*batch, strict=True)
            arrays = [arrow.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
            file.write_batch(arrow.record_batch(arrays, schema=schema))


def _field(column: Column) -> arrow.Field:
    facts = {"meaning": column.meaning, "unit": column.unit}
    return arrow.field(column.name, _TYPES[column.kind], metadata=facts)
