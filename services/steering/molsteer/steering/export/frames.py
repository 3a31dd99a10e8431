"""Tables of run records as data frames, by the optional library pandas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.steering.errors import PandasUnavailable
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.tables.columns import Table
from molsteer.steering.records.tables.patterns import laid_out
from molsteer.steering.records.tables.tables import TABLES

if TYPE_CHECKING:
    from pandas import DataFrame

_TYPES = {"text": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}


class Frames(Mapping[str, "DataFrame"]):
    """All tables of a campaign by their names, each read when it is asked for.

    Args:
        run_dir: The campaign, running or not.
    """

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir

    def __getitem__(self, name: str) -> DataFrame:
        """Read a table as it is now.

        Raises:
            KeyError: If there is no table of this name.
            NoCampaign: If there is no campaign.
            PandasUnavailable: If pandas is not installed.
        """
        table = {table.name: table for table in TABLES}[name]
        with closing(Ledger(self._run_dir, read_only=True)) as ledger:
            return _frame(laid_out(table, ledger), ledger)

    def __iter__(self) -> Iterator[str]:
        return (table.name for table in TABLES)

    def __len__(self) -> int:
        return len(TABLES)


def _frame(table: Table, ledger: Ledger) -> DataFrame:
    try:
        from pandas import DataFrame
    except ImportError:
        raise PandasUnavailable from None
    frame = DataFrame(list(table.read(ledger)), columns=[column.name for column in table.columns])
    return frame.astype({column.name: _TYPES[column.kind] for column in table.columns})
