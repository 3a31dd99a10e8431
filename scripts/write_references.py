"""Writes the parts of the documentation that follow from the code."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_never, get_args

from molsteer.shared.settings.names import heading
from molsteer.shared.settings.sections import LISTS, Section
from molsteer.steering.cli.flags.molecular_design import (
    SEED_FLAGS,
    Known,
    NoEffect,
    Only,
    Refused,
    Same,
    SeedFlag,
    Server,
    Switch,
)
from molsteer.steering.cli.flags.settings import (
    flag_name,
    setting_default,
    setting_kind,
    settings_fields,
)
from molsteer.steering.records.tables.columns import Table
from molsteer.steering.records.tables.tables import TABLES
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.sites.sections import (
    BatchSection,
    ImageSection,
    RedisSection,
    ServiceSection,
    SiteSection,
)

DOCS = Path(__file__).parents[1] / "docs"
CONFIGURATION, RUN_RECORDS = DOCS / "configuration.md", DOCS / "run-records.md"
PROFILES = DOCS / "sites" / "profile.md"
FROM_THE_SEEDS = DOCS / "from-molecular-design.md"

_OPTIONS_END = "<!-- end of options -->"

_INTRODUCTION = """\
# Configuration

<!-- Written by `make docs` from the settings models; change those instead. -->

A campaign is described by one TOML file. Every setting can also be given as an environment
variable, which overrules the file, and as a flag of `molsteer run`, which overrules both:
`[policy] beta` is `MOLSTEER_POLICY__BETA` and `--policy-beta`; the settings of `[campaign]` are
flags without a prefix. Workers started by hand (`molsteer worker`) read `[queue]` and `[stores]`
from the same sources.

In a file, relative paths of `campaign.space`, `campaign.training_set` and `train.models` count from
the folder of the file; everywhere else, and all other paths, from where the command runs.

Names carry their unit: `_s` seconds, `_eV` electron volts, `_bytes` bytes; the numbers of an
`[[objective]]` are in its property's unit. All mistakes are
reported at once, each with its line or variable and what may have been meant, before anything
starts; so is a variable that begins with `MOLSTEER_` and that nobody reads. `molsteer init` writes
a file for given molecules, and `molsteer run --dry-run` tries one out.
"""


_COLUMNS = "\n| setting | flag | kind | default | meaning |\n|---|---|---|---|---|\n"
_LIST_COLUMNS = """
There may be several of these tables, which have no flags; a variable (`MOLSTEER_LEVEL`,
`MOLSTEER_OBJECTIVE`) holds all of a kind as a JSON list. The order counts.

| setting | kind | default | meaning |
|---|---|---|---|
"""


def configuration_reference() -> str:
    """Write the reference of all settings as Markdown."""
    parts = [_INTRODUCTION]
    for section, field in CampaignSettings.model_fields.items():
        several = section in LISTS
        holder: Any = get_args(field.annotation)[0] if several else field.annotation
        parts.append(f"\n## {heading(section)}\n\n{_summary(holder)}\n")
        parts.append(_LIST_COLUMNS if several else _COLUMNS)
        for key, each in holder.model_fields.items():
            cells = (
                f"`{key}`",
                *(() if several else (f"`{flag_name(section, key)}`",)),
                setting_kind(each).replace("|", "\\|"),
                setting_default(each),
                str(each.description),
            )
            parts.append(f"| {' | '.join(cells)} |\n")
    return "".join(parts)


_SITE_INTRODUCTION = """\
# Profiles

<!-- Written by `make docs` from the models of profiles; change those instead. -->

What a profile of a [site](README.md) may say. Variables overrule it: `[batch] account` is
`MOLSTEER_BATCH__ACCOUNT`. Relative paths count from where the command runs. `[queue]` and
`[stores]` are those of [campaigns](../configuration.md); for a server that is started here,
`[queue] redis_url` is left out.
`[trainer]` and `[inferencer]` have the settings of `[simulator]`.
"""


def profile_reference() -> str:
    """Write the reference of all settings of profiles as Markdown."""
    parts = [_SITE_INTRODUCTION]
    sections: dict[str, type[Section]] = {
        "site": SiteSection,
        "redis": RedisSection,
        "batch": BatchSection,
        "image": ImageSection,
        "simulator": ServiceSection,
    }
    for section, holder in sections.items():
        parts.append(f"\n## [{section}]\n\n{_summary(holder)}\n")
        parts.append("\n| setting | kind | default | meaning |\n|---|---|---|---|\n")
        for key, field in holder.model_fields.items():
            kind = setting_kind(field).replace("|", "\\|")
            cells = (f"`{key}`", kind, setting_default(field), str(field.description))
            parts.append(f"| {' | '.join(cells)} |\n")
    return "".join(parts)


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


def with_seed_options(document: str) -> str:
    """Write the table of molecular-design's options into its page, between the marks there."""
    before, mark, rest = document.partition("<!-- options:")
    notice, end_of_mark, _ = rest.partition("-->")
    _, end, after = rest.partition(_OPTIONS_END)
    return "".join((before, mark, notice, end_of_mark, _option_table(), end, after))


def _option_table() -> str:
    rows = [
        "\n\n| option | here | their default | our default | to know |\n|---|---|---|---|---|\n"
    ]
    for flag in SEED_FLAGS:
        cells = (f"`--{flag.name}`", _here(flag), flag.default, _our_default(flag), flag.remark)
        rows.append(f"| {' | '.join(cells)} |\n")
    return "".join([*rows, "\n"])


def _here(flag: SeedFlag) -> str:
    match flag.meaning:
        case Same(settings=settings):
            return ", ".join(f"`{setting}`" for setting in settings)
        case Switch(values=values):
            return _given(values)
        case Server():
            return '`queue.redis_url`, `workers.server = "external"`'
        case Known(values=known):
            return "; ".join(f"`{name}`: {_given(values)}" for name, values in known.items())
        case Only(value=value):
            return f"only `{value}`"
        case NoEffect():
            return "no effect"
        case Refused():
            return "refused"
        case _:
            assert_never(flag.meaning)


def _given(values: Mapping[str, str]) -> str:
    return ", ".join(f'`{setting} = "{value}"`' for setting, value in values.items())


def _our_default(flag: SeedFlag) -> str:
    match flag.meaning:
        case Same(settings=names) | Switch(values=names):
            fields = {f"{section}.{key}": field for section, key, field in settings_fields()}
            defaults = (setting_default(fields[name]) for name in names)
            return ", ".join(dict.fromkeys(defaults))
        case _:
            return ""


def _summary(holder: type | None) -> str:
    return (holder.__doc__ or "").strip().splitlines()[0] if holder else ""


if __name__ == "__main__":
    for path, text in {
        CONFIGURATION: configuration_reference(),
        RUN_RECORDS: run_records_reference(),
        PROFILES: profile_reference(),
        FROM_THE_SEEDS: with_seed_options(FROM_THE_SEEDS.read_text(encoding="utf-8")),
    }.items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path}\n")
