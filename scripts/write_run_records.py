"""Writes the reference of run records from the descriptions of their tables."""

from __future__ import annotations

import sys
from pathlib import Path

from molsteer.steering.records.tables.columns import Table
from molsteer.steering.records.tables.tables import TABLES

RUN_RECORDS = Path(__file__).parents[1] / "docs" / "run-records.md"

_RECORDS_INTRODUCTION = """\
# Run records

<!-- Written by `make docs` from the table descriptions; change those instead. -->

Everything that happened in a campaign is in its ledger. `molsteer export` writes it as tables,
also while the campaign runs: all of them show the same instant, and the folder appears when it is
complete.

```sh
molsteer export runs/quickstart                                    # runs/quickstart/export-csv
molsteer export runs/quickstart --format parquet -o records        # typed and compressed
molsteer export runs/quickstart --format jsonl --table molecules   # one object a line
molsteer export runs/quickstart --format qcschema                  # the full simulations
molsteer export runs/quickstart --format safetensors               # the newest models
```

Parquet needs pyarrow (`pip install pyarrow`); its columns carry their meaning
and unit as metadata. `export.json` in the folder names the campaign, the time and the number of
rows. An earlier export is replaced with `--force` only.

Some columns depend on the campaign; capitals in their names below stand for what changes.

- `PROPERTY_UNIT` is a column for each property that was computed, as
  `adiabatic_ionization_potential_eV`. A unit that cannot stand in a name, as `kcal/mol`, is left
  out of it; Parquet tells the unit of every column. Of a property that a level does not give, its
  rows have an empty cell.
- `predicted_mean_PROPERTY_UNIT` and the like are a column for each property at a level that models
  predict. Where they predict one property at several levels, the level stands at the end.
- `own_HEADING` are [the columns of the molecules file](molecules.md#your-own-columns), as they were
  written.

JSON Lines and Parquet hold text exactly. In CSV, text that would be a formula in a spreadsheet (it
begins with `=`, `+`, `-` or `@`) begins with an apostrophe, and control characters and ends of
lines are written as `\\u001b` and `\\n`.

## Reading them

```python
import pandas

molecules = pandas.read_parquet("records/molecules.parquet")
potential_eV = molecules.adiabatic_ionization_potential_eV
hits = molecules[potential_eV > 14.5]
error_eV = (molecules.predicted_mean_adiabatic_ionization_potential_eV - potential_eV).abs().mean()

timings = pandas.read_parquet("records/timings.parquet")
timings.groupby(["topic", "interval"]).duration_s.describe()

simulations = pandas.read_parquet("records/simulations.parquet")
simulations["settled_at"] = pandas.to_datetime(simulations.settled_at, unit="s", utc=True)
```

```python
import polars

failures = polars.read_csv("runs/quickstart/export-csv/failures.csv")
failures.group_by("code").len()
```

The archive of `--format qcschema`, `records.jsonl`, has the QCSchema documents of every molecule at
every level. The `id` of each is that of its task, followed by what it is for. Of an ionization
potential by xtb these are `neutral` and `cation`, the relaxations, and `vertical`, the cation at
the neutral's geometry.

```python
import json
from qcelemental.models import AtomicResult, OptimizationResult

with open("runs/quickstart/export-qcschema/records.jsonl") as file:
    for document in map(json.loads, file):
        model = AtomicResult if document["id"].endswith("vertical") else OptimizationResult
        result = model(**document)
```

`ensemble.safetensors` of `--format safetensors` holds all members of the newest models that have
ranked the space; another campaign begins with them if `train.models` names the file.

## Latencies

`molsteer report RUN_DIR --latency` sums the times up and writes them to `latency.md`; with `--json`
it prints them as data instead.

- **publish, wait, run, report, reaction** are the intervals of the table `timings`, of tasks that
  succeeded. Simulations wait on purpose: `policy.buffer` of them are in the queue at any time, so
  that no simulator is idle.
- **decision**: from the settling of a simulation to the next dispatch of one.
- **update**: from the first dispatch of an update's training to the settling of its last chunk.
- **idle simulator**: between two simulations of the same process. Longer gaps than a minute are
  left out: nothing was to be done.
- **utilisation**: how long tasks ran, divided by how long there were slots for them.

- **stores**: the table `transfers`, summed up. `put` and `get` are timed around the store, digests
  included and decoding left out; `cached` was read from the process's memory instead.

Data is counted where it is asked for: `sent` are the messages, without the chunks, training sets
and weights that they refer to.
"""


def run_records_reference() -> str:
    """Write the reference of all tables of run records as Markdown."""
    return "".join([_RECORDS_INTRODUCTION, *map(_table, TABLES)])


def _table(table: Table) -> str:
    columns = (
        f"| `{column.name}` | {column.kind} | {column.unit} | {column.meaning} |\n"
        for column in table.columns
    )
    return (
        f"\n## {table.name}\n\n{table.meaning}\n\n"
        f"| column | kind | unit | meaning |\n|---|---|---|---|\n{''.join(columns)}"
    )


if __name__ == "__main__":
    RUN_RECORDS.write_text(run_records_reference(), encoding="utf-8")
    sys.stdout.write(f"{RUN_RECORDS}\n")
