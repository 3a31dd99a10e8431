"""The level `replay`: answers from a table, as long as it says or at once, without any chemistry.

Steering has written the table: a column `smiles` with molecules as it calls them in tasks, one for
each property under its name, and `seconds` where the table that it was made from has these. An
empty cell is a failure.
"""

from __future__ import annotations

import csv
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from molsteer.shared.wire.properties import Quantity
from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.errors import NoRecordedValue, NotInTable, TableMissing, TimeLimit
from molsteer.simulator.port import Computed, Simulator

SMILES, SECONDS = "smiles", "seconds"

_AT_HAND = 4
"""Tables that a process keeps."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by the SMILES of their molecules.

    Attributes:
        headings: What the cells of each row are.
    """

    headings: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]

    def row(self, smiles: str) -> Mapping[str, str]:
        """Give a molecule's cells by their headings.

        Raises:
            NotInTable: If there is no such molecule.
        """
        if (cells := self.rows.get(smiles)) is None:
            raise NotInTable(smiles)
        return dict(zip(self.headings, cells, strict=True))


def replay() -> Simulator:
    """Make what answers from tables; each is read once in a process."""
    read = lru_cache(maxsize=_AT_HAND)(read_table)

    def answer(
        smiles: str,
        spec: SimulationSpec,
        wanted: Mapping[str, str],
        scratch: Path,  # noqa: ARG001 - no file is written
        remaining_s: float,
    ) -> Computed:
        if spec.table is None:
            raise TableMissing(None, "none is named")
        row = read(spec.table).row(smiles)
        _wait(smiles, float(row.get(SECONDS) or 0.0), spec.speed, remaining_s)
        values = {name: _value(smiles, name, row) for name in wanted}
        given = {name: Quantity(value=values[name], unit=unit) for name, unit in wanted.items()}
        return Computed(values=given, engine=f"replay {spec.table.stem[:8]}")

    return answer


def read_table(path: Path) -> Table:
    """Read a table that steering has written.

    Raises:
        TableMissing: If it cannot be read here, or is not what its name says.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TableMissing(path, error.strerror or str(error)) from None
    if hashlib.sha256(data).hexdigest() != path.stem:
        raise TableMissing(path, "its content is not the one that it is named by")
    headings, *rows = csv.reader(data.decode().splitlines())
    return Table(tuple(headings[1:]), {smiles: tuple(cells) for smiles, *cells in rows})


def _wait(smiles: str, seconds: float, speed: float | None, remaining_s: float) -> None:
    if speed is None:
        return
    time.sleep(min(seconds / speed, remaining_s))
    if seconds / speed > remaining_s:
        raise TimeLimit(smiles, "during a replay", remaining_s)


def _value(smiles: str, name: str, row: Mapping[str, str]) -> float:
    if not (cell := row.get(name, "")):
        raise NoRecordedValue(smiles, name)
    return float(cell)
