"""Training sets: labels from elsewhere that a campaign begins with."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import isfinite
from pathlib import Path

from molsteer.shared.host.cores import usable_cores
from molsteer.shared.wire import levels as wire_levels
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.properties import Output
from molsteer.shared.wire.specs import Level
from molsteer.steering.errors import UnusableTrainingSet
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.settings.replay import SHORT_NAMES
from molsteer.steering.space.admission import LABELLED
from molsteer.steering.space.errors import UnreadableSource
from molsteer.steering.space.files.headings import place_of
from molsteer.steering.space.files.layout import suffix
from molsteer.steering.space.files.opening import opened
from molsteer.steering.space.files.sources import Row
from molsteer.steering.space.files.table import MoleculesTable
from molsteer.steering.start.molecule_data import Recipe, read_molecule_data, recipe_of
from molsteer.steering.start.qcschema_archive import Content, Line, is_archive, read_archive

DEFAULT = Output(name=ADIABATIC_IP, level="xtb", unit="eV")
"""What is looked for where nothing else is said."""

POTENTIALS, PLAUSIBLE_eV = "_ionization_potential", (1.0, 100.0)
"""How such properties are called, and between which values theirs are."""

SAME_WITHIN = 0.001
"""Difference of two values of one molecule, in their unit, up to which they are one value."""

LISTED = 100
"""Problems that are shown one by one."""

_BATCH_SIZE = 1_000

_JSON = (".jsonl", ".json")
_DECIMAL_COMMA = re.compile(r"\s*-?\d+,\d+\s*")
"""As spreadsheets write numbers in many countries, with semicolons between cells."""

METHODS = {"xtb": "GFN2-xTB"}
"""What QCSchema documents call levels of theory that are known here."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table are read, by heading or number; the usual ones if None."""

    smiles: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What labels are of."""

    output: Output
    level: Level

    @property
    def method(self) -> str:
        """What QCSchema documents call it; empty for a package's own."""
        if (recipe := wire_levels.recipe_of(self.level.spec)) is not None:
            return f"{recipe.model}/{recipe.basis}" if recipe.basis else recipe.model
        return METHODS.get(self.level.spec.method, "")

    @property
    def recipe(self) -> str | None:
        spec = self.level.spec
        return recipe_of(Recipe(self.output.name, spec.solvent, spec.method))

    @property
    def in_archives(self) -> bool:
        """Whether it can be computed from QCSchema documents."""
        return self.output.name == ADIABATIC_IP and self.level.spec.solvent is None

    @property
    def headings(self) -> tuple[str, ...]:
        name, unit = self.output.name, self.output.unit
        return (name, *((f"{name}_{unit}",) if unit else ()), *SHORT_NAMES.get(name, ()))

    def implausible(self, value: float) -> str | None:
        """Say why a number cannot be one of its values."""
        least, most = PLAUSIBLE_eV
        is_potential = self.output.name.endswith(POTENTIALS) and self.output.unit == "eV"
        if is_potential and not least <= value <= most:
            return f"{value:g} is not an ionization potential in eV"
        return None if isfinite(value) else f"{value:g} is not a number"


def read_training_set(
    path: Path,
    output: Output = DEFAULT,
    level: Level | None = None,
    columns: Columns | None = None,
) -> list[KnownLabel]:
    """Read labels; a molecule that occurs several times with one value counts once.

    A table has the column `smiles` and one that is called as the property, with or without its
    unit; see also `SHORT_NAMES`. JSON Lines hold one MoleculeData of molecular-design in each line,
    or QCSchema documents, see `read_archive`. Which it is, and how it is packed, is found out.

    Args:
        path: The file.
        output: What the labels are of, that of the campaign's leading objective.
        level: Its level; QCSchema documents must be of it.
        columns: Which columns of a table are read.

    Raises:
        UnusableTrainingSet: If the file cannot be read, holds no molecule, or some of its lines
            cannot be read or contradict others.
    """
    problems: list[tuple[int, str]] = []
    rows: list[Row] = []
    values: dict[int, float] = {}
    wanted = _Wanted(output, level or Level())
    for line, content in _contents(path, wanted, columns or Columns()):
        match content:
            case str(problem):
                problems.append((line, problem))
            case (smiles, value):
                if unlikely := wanted.implausible(value):
                    problems.append((line, unlikely))
                else:
                    rows.append(Row(0, line, smiles))
                    values[line] = value
    labels = _labels(rows, values, output, problems)
    if problems:
        raise UnusableTrainingSet(path, _sentences(problems))
    if not labels:
        raise UnusableTrainingSet(path, ["It holds no molecule."])
    return labels


def digest(path: Path) -> str:
    """Give the digest of a training set as it lies on disk.

    Raises:
        UnusableTrainingSet: If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = error.strerror or str(error)
        sentence = f"It cannot be read: {reason}. Check the path and the file."
        raise UnusableTrainingSet(path, [sentence]) from error


def _contents(path: Path, wanted: _Wanted, columns: Columns) -> Iterator[tuple[int, Content]]:
    try:
        with opened(path) as text:
            numbered = enumerate(text.lines, start=1)
            first = next(((number, line) for number, line in numbered if line.strip()), (1, ""))
            lines = chain([first], numbered)
            if suffix(path.name) in _JSON or first[1].lstrip().startswith(("{", "[")):
                if columns != Columns():
                    cure = "Leave --training-smiles-column and --training-label-column out."
                    raise UnusableTrainingSet(path, [f"It is JSON and has no columns. {cure}"])
                yield from _json_lines(lines, path, wanted)
            else:
                yield from _table_rows(lines, path, wanted, columns)
    except UnreadableSource as error:
        sentence = f"It cannot be read: {error.reason}. {error.cure}"
        raise UnusableTrainingSet(path, [sentence]) from error


def _table_rows(
    lines: Iterator[Line], path: Path, wanted: _Wanted, columns: Columns
) -> Iterator[tuple[int, Content]]:
    table = MoleculesTable(lines, path, columns.smiles, "--training-smiles-column")
    headings, delimiter = table.layout.headings, table.layout.delimiter
    known = (columns.label,) if columns.label else wanted.headings
    places = (place_of(headings, name) for name in known)
    place = next((place for place in places if place is not None), None)
    if place is None:
        names = f"{' or '.join(map(repr, known))} (its columns are: {', '.join(headings)})"
        cure = "Say which column it is with --training-label-column."
        raise UnusableTrainingSet(path, [f"It has no column of labels, {names}. {cure}"])
        return
    for row in table.rows():
        label = with_point(row.cells[place], delimiter)
        yield row.line, row.problem or _from_cells(row.smiles, label)


def with_point(cell: str, delimiter: str) -> str:
    """Write a number with a decimal point that may have a comma for it."""
    if delimiter == ";" and _DECIMAL_COMMA.fullmatch(cell):
        return cell.replace(",", ".")
    return cell


def _from_cells(smiles: str, value: str) -> Content:
    try:
        return smiles, float(value)
    except ValueError:
        return f"{value!r} is not a number"


def _json_lines(
    lines: Iterator[Line], path: Path, wanted: _Wanted
) -> Iterator[tuple[int, Content]]:
    records = ((line, record) for line, record in lines if record.strip())
    first = next(records, None)
    if first is None:
        return
    archived, recipe = is_archive(first[1]), wanted.recipe
    if not (wanted.in_archives if archived else recipe):
        kind = "QCSchema documents" if archived else "records of molecular-design"
        place = wanted.level.spec.solvent or "vacuum"
        cure = f"Give a table with the columns smiles and {wanted.headings[0]}."
        none = f"No {wanted.output.name} in {place} is read from {kind}. {cure}"
        raise UnusableTrainingSet(path, [none])
    if archived:
        yield from read_archive(chain([first], records), wanted.method)
    elif recipe:
        yield from (
            (line, read_molecule_data(record, recipe)) for line, record in chain([first], records)
        )


def _labels(
    rows: Sequence[Row],
    values: dict[int, float],
    output: Output,
    problems: list[tuple[int, str]],
) -> list[KnownLabel]:
    """Name the molecules, and find out which cannot be used or contradict others."""
    from molsteer.steering.space.digesting import digest_all  # RDKit

    batches = [rows[start : start + _BATCH_SIZE] for start in range(0, len(rows), _BATCH_SIZE)]
    first_lines: dict[str, int] = {}
    labels: list[KnownLabel] = []
    count = Counter[int]()
    processes = usable_cores()
    for batch, digested in digest_all(map(list, batches), processes, LABELLED):
        names = iter(digested.smiles)
        for row, reason in zip(batch, digested.reasons, strict=True):
            if reason is not None:
                problems.append((row.line, f"{row.smiles!r} cannot be used, {reason}"))
                continue
            smiles = next(names).decode("ascii")
            value, first = values[row.line], first_lines.setdefault(smiles, row.line)
            if first == row.line:
                labels.append(KnownLabel(smiles, value, output.level, output.name, output.unit))
            elif abs(value - values[first]) > SAME_WITHIN:
                same = f"the same molecule, {smiles}, in line {first}"
                here, there = (
                    f"{each:g} {output.unit}".rstrip() for each in (value, values[first])
                )
                problems.append((row.line, f"{here} contradicts {there} for {same}"))
            count[first] += 1
    return [replace(label, rows=rows) for label, rows in zip(labels, count.values(), strict=True)]


def _sentences(problems: list[tuple[int, str]]) -> list[str]:
    listed = [f"line {line}: {problem}." for line, problem in sorted(problems)[:LISTED]]
    more = len(problems) - len(listed)
    return [*listed, *([f"and {more} more lines."] if more else [])]
