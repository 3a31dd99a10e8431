"""Tables that levels answer from, and of true values: read once, and kept as workers read them."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from molsteer.shared.host.cores import usable_cores
from molsteer.shared.wire.specs import REPLAY
from molsteer.steering.errors import UnusableTable
from molsteer.steering.run_files import write_file
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.replay import OPTION, column_of, seconds_in
from molsteer.steering.space.files.opening import opened
from molsteer.steering.space.files.sources import Row
from molsteer.steering.space.files.table import MoleculesTable
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.training_set import with_point

FOLDER = Path("tables")

NONE = frozenset({"", "-", "na", "n/a", "nan", "none", "null"})
"""What stands in a cell without a value, in any case."""

_SECONDS = "seconds"
_BATCH_SIZE = 1_000
_LISTED = 20
_KEPT_NAME = re.compile(r"[0-9a-f]{64}\.csv")


@dataclass(frozen=True, slots=True)
class Replayed:
    """Tables of a campaign's levels.

    Attributes:
        settings: With each level's table as it is kept, whether it is already or not.
        files: What is to be kept, by its place in the run directory.
    """

    settings: CampaignSettings
    files: Mapping[Path, bytes]

    def keep(self) -> CampaignSettings:
        """Write what is to be kept, and give the settings.

        Raises:
            ServiceUnavailable: If the disk has no room or does not work.
        """
        for name, data in self.files.items():
            write_file(self.settings.run_dir, name, data)
        return self.settings


def replayed(settings: CampaignSettings, space: SearchSpace) -> Replayed:
    """Read the tables that levels answer from; one that the run directory keeps is not read again.

    They are kept under the digests of what workers read, so that nothing else is ever taken for
    them, with molecules as the space has them. Of several rows of a molecule the first counts.

    Raises:
        UserError: If one cannot be read or used.
    """
    keeping = _Keeping(settings, space)
    places = dict[str, Path]()
    for level in settings.levels:
        if level.spec.method == REPLAY and level.spec.table is not None:
            wanted = {each.name: each.unit for each in settings.outputs if each.level == level.name}
            chosen = settings.table_columns[level.name]
            places[level.name] = keeping.place(level.spec.table, wanted, chosen)
    leading, truth = settings.objectives[0].output, settings.campaign.truth
    if truth is not None:
        truth = keeping.place(truth, {leading.name: leading.unit}, None)
    campaign = settings.campaign.model_copy(update={"truth": truth or places.get(leading.level)})
    settings = settings.model_copy(update={"campaign": campaign})
    return Replayed(_with_places(settings, places), keeping.files)


def _with_places(settings: CampaignSettings, places: Mapping[str, Path]) -> CampaignSettings:
    def at(place: Path | None) -> dict[str, object]:
        return {} if place is None else {"table": place, "table_column": None}

    if not settings.level:
        simulate = settings.simulate.model_copy(update=at(places.get(settings.levels[0].name)))
        return settings.model_copy(update={"simulate": simulate})
    levels = (each.model_copy(update=at(places.get(each.name))) for each in settings.level)
    return settings.model_copy(update={"level": tuple(levels)})


@dataclass(frozen=True, slots=True)
class _Keeping:
    """Finds places for tables in a run directory, and what is to be written there."""

    settings: CampaignSettings
    space: SearchSpace
    files: dict[Path, bytes] = field(default_factory=dict)

    def place(self, table: Path, wanted: Mapping[str, str], chosen: str | None) -> Path:
        folder, name = self.settings.run_dir, FOLDER / table.name
        if not (_KEPT_NAME.fullmatch(table.name) and (folder / name).is_file()):
            data = self._to_csv(table, wanted, chosen)
            name = FOLDER / f"{hashlib.sha256(data).hexdigest()}.csv"
            self.files[name] = data
        return (folder / name).absolute()

    def _to_csv(self, table: Path, wanted: Mapping[str, str], chosen: str | None) -> bytes:
        rows, cells = _read(table, wanted, chosen, self.settings.smiles_column_of(table))
        answers: dict[str, Sequence[str]] = {}
        for row, name in zip(rows, _names(rows, self.settings, self.space), strict=True):
            if name is not None:
                answers.setdefault(name, cells[row.line])
        if not any(found is not None for found in self.space.find(list(answers))):
            raise UnusableTable(table, ["None of the molecules that are searched is in it."])
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["smiles", *wanted, _SECONDS])
        writer.writerows([name, *values] for name, values in answers.items())
        return text.getvalue().encode()


def _read(
    table: Path, wanted: Mapping[str, str], chosen: str | None, smiles_column: str | None
) -> tuple[list[Row], dict[int, list[str]]]:
    """Read rows, and by their lines the cells that are answers, of which an empty one is none."""
    rows, cells, problems = list[Row](), dict[int, list[str]](), list[str]()
    with opened(table) as text:
        lines = enumerate(text.lines, start=1)
        reader = MoleculesTable(lines, table, smiles_column, OPTION)
        headings, delimiter = reader.layout.headings, reader.layout.delimiter
        try:
            columns = [column_of(headings, *each, chosen).place for each in wanted.items()]
        except ValueError as error:
            raise UnusableTable(table, [f"It {error}."]) from None
        seconds = seconds_in(headings)
        for line, smiles, found, problem in reader.rows():
            if problem:
                problems.append(f"line {line}: {problem}.")
                continue
            answer = [with_point(found[place], delimiter) for place in columns]
            lasted = "" if seconds is None else with_point(found[seconds], delimiter)
            numbers = ["" if cell.casefold() in NONE else cell for cell in (*answer, lasted)]
            problems += [f"line {line}: {said}." for said in _not_numbers(numbers)]
            rows.append(Row(0, line, smiles))
            cells[line] = numbers
    if problems:
        more = len(problems) - _LISTED
        listed = [*problems[:_LISTED], *([f"and {more} more lines."] if more > 0 else [])]
        raise UnusableTable(table, listed)
    return rows, cells


def _not_numbers(cells: Sequence[str]) -> Iterator[str]:
    for place, cell in enumerate(cells):
        try:
            number = float(cell or 0)
        except ValueError:
            yield f"{cell!r} is not a number; leave the cell of a failure empty"
            continue
        if not isfinite(number) or (number < 0 and place == len(cells) - 1):
            yield f"{cell!r} cannot be {'its time' if isfinite(number) else 'a value'}"


def _names(
    rows: Sequence[Row], settings: CampaignSettings, space: SearchSpace
) -> Iterator[str | None]:
    """Name the molecules as the space does, None where it takes none in; most need no reading."""
    from molsteer.steering.space.digesting import digest_all  # RDKit

    written = [row.smiles if row.smiles.isascii() else "" for row in rows]
    there = [found is not None for found in space.find(written)]
    unlike = [row for row, known in zip(rows, there, strict=True) if not known]
    batches = (unlike[at : at + _BATCH_SIZE] for at in range(0, len(unlike), _BATCH_SIZE))
    read = dict[int, str]()
    for batch, digested in digest_all(batches, usable_cores(), settings.admission()):
        usable = (row for row, bad in zip(batch, digested.reasons, strict=True) if bad is None)
        for row, name in zip(usable, digested.smiles, strict=True):
            read[row.line] = name.decode("ascii")
    for row, known in zip(rows, there, strict=True):
        yield row.smiles if known else read.get(row.line)
