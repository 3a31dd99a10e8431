"""Exports the records of a campaign into a folder that appears whole."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Generic, TypeVar

from molsteer.shared.host.files.whole_folders import staged
from molsteer.steering.errors import NoModels, UnusableModels
from molsteer.steering.export.writers import TableFormat, write_json_lines, writer_of
from molsteer.steering.ledger import results
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.documents.qcschema import documents
from molsteer.steering.records.tables.columns import Table
from molsteer.steering.records.tables.patterns import laid_out
from molsteer.steering.start.model_files import NoWeights, Weights, read_weights, stacked

DESCRIPTION = "export.json"
"""Tells what the folder holds; only a folder that has it is ever replaced."""

_ItemT = TypeVar("_ItemT")


def export_tables(
    run_dir: Path, folder: Path, tables: Sequence[Table], format_name: TableFormat, *, replace: bool
) -> Mapping[str, int]:
    """Write tables as they are at one instant, whether or not the campaign runs.

    Args:
        run_dir: The campaign.
        folder: The folder to make; its parent exists.
        tables: What to write, a file for each.
        format_name: How to write it.
        replace: Whether to replace an earlier export.

    Returns:
        How many rows each file has.

    Raises:
        NoCampaign: If there is no campaign.
        RefusedFolder: If the folder exists and may not be replaced, or cannot be written.
        ParquetUnavailable: If the library for the format is not installed.
    """
    write = writer_of(format_name)

    def fill(draft: Path, ledger: Ledger) -> Mapping[str, int]:
        rows = {}
        for table in (laid_out(table, ledger) for table in tables):
            read = _Counted(table.read(ledger))
            file = f"{table.name}.{format_name}"
            write(draft / file, table, read)
            rows[file] = read.count
        return rows

    return _export(run_dir, folder, fill, replace=replace)


def export_qcschema(run_dir: Path, folder: Path, *, replace: bool) -> Mapping[str, int]:
    """Write the QCSchema records of all simulations into one file; else like `export_tables`.

    Raises:
        RecordUnreadable: If the file of a record is missing or damaged.
    """

    def fill(draft: Path, ledger: Ledger) -> Mapping[str, int]:
        read = _Counted(documents(run_dir, ledger))
        write_json_lines(draft / "records.jsonl", read)
        return {"records.jsonl": read.count}

    return _export(run_dir, folder, fill, replace=replace)


def export_models(run_dir: Path, folder: Path, *, replace: bool) -> Mapping[str, int]:
    """Write the newest models that have ranked the space into one file; else like `export_tables`.

    A campaign can begin with it, see the setting `train.models`.

    Returns:
        How many members the file has.

    Raises:
        NoModels: If no models have ranked the space yet.
        UnusableModels: If the file of a model is missing, damaged or of another network.
    """

    def fill(draft: Path, ledger: Ledger) -> Mapping[str, int]:
        generation = results.newest_generation_that_ranked(ledger)
        if generation is None:
            raise NoModels(run_dir)
        files = [run_dir / each.file for each in results.weights(ledger, generation)]
        whole = stacked([_weights(file) for file in files])
        (draft / "ensemble.safetensors").write_bytes(whole.to_bytes())
        return {"ensemble.safetensors": whole.members}

    return _export(run_dir, folder, fill, replace=replace)


def _weights(file: Path) -> Weights:
    try:
        return read_weights(file)
    except NoWeights as error:
        raise UnusableModels([f"{file}: {error}"]) from None


def _export(
    run_dir: Path,
    folder: Path,
    fill: Callable[[Path, Ledger], Mapping[str, int]],
    *,
    replace: bool,
) -> Mapping[str, int]:
    with (
        closing(Ledger(run_dir, read_only=True)) as ledger,
        ledger.snapshot(),
        staged(folder, replace_if_holds=DESCRIPTION if replace else None) as draft,
    ):
        rows = fill(draft, ledger)
        description = {
            "campaign": ledger.fact("campaign"),
            "finished": ledger.fact("finished"),
            "exported_at": time.time(),
            "molsteer": version("molsteer-steering"),
            "rows": rows,
        }
        (draft / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n")
    return rows


class _Counted(Generic[_ItemT]):
    """Counts what passes."""

    def __init__(self, items: Iterable[_ItemT]) -> None:
        self._items, self.count = items, 0

    def __iter__(self) -> Iterator[_ItemT]:
        for self.count, item in enumerate(self._items, start=1):  # noqa: B020 - counts as it goes
            yield item
