"""Training sets: labels from elsewhere that a campaign begins with."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from pydantic import BaseModel, ValidationError

from molsteer.shared.host.cores import usable_cores
from molsteer.shared.wording import wording
from molsteer.steering.errors import UnusableTrainingSet
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.space.admission import LABELLED
from molsteer.steering.space.errors import UnreadableSource
from molsteer.steering.space.files.headings import place_of
from molsteer.steering.space.files.layout import suffix
from molsteer.steering.space.files.opening import opened
from molsteer.steering.space.files.sources import Row
from molsteer.steering.space.files.table import MoleculesTable
from molsteer.steering.start.qcschema_archive import Content, Line, is_archive, read_archive

RECIPE = "xtb-vacuum"
"""What molecular-design calls the label: relaxed cation minus relaxed neutral at GFN2-xTB.
Their volts are for one electron and against no electrode, so the number is the same in eV."""

LABEL_COLUMNS = ("adiabatic_eV", "ip_eV")
PLAUSIBLE_eV = (1.0, 100.0)
SAME_WITHIN_eV = 0.001
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


def read_training_set(
    path: Path, level: str = "xtb", columns: Columns | None = None
) -> list[KnownLabel]:
    """Read labels; a molecule that occurs several times with one value counts once.

    A table has the columns `smiles` and `adiabatic_eV` (or `ip_eV`). JSON Lines hold one
    MoleculeData of molecular-design in each line, alone or as its runs write it, `[time, text]`, or
    QCSchema documents, see `read_archive`. Which it is, and how it is packed, is found out.

    Args:
        path: The file.
        level: Level of theory that the campaign computes; QCSchema documents must be of it.
        columns: Which columns of a table are read.

    Raises:
        UnusableTrainingSet: If the file cannot be read, holds no molecule, or some of its lines
            cannot be read or contradict others.
    """
    problems: list[tuple[int, str]] = []
    rows: list[Row] = []
    values_eV: dict[int, float] = {}
    for line, content in _contents(path, METHODS.get(level, ""), columns or Columns()):
        match content:
            case str(problem):
                problems.append((line, problem))
            case (_, value_eV) if not PLAUSIBLE_eV[0] <= value_eV <= PLAUSIBLE_eV[1]:
                problems.append((line, f"{value_eV:g} is not an ionization potential in eV"))
            case (smiles, value_eV):
                rows.append(Row(0, line, smiles))
                values_eV[line] = value_eV
    labels = _labels(rows, values_eV, problems)
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


def _contents(path: Path, method: str, columns: Columns) -> Iterator[tuple[int, Content]]:
    try:
        with opened(path) as text:
            numbered = enumerate(text.lines, start=1)
            first = next(((number, line) for number, line in numbered if line.strip()), (1, ""))
            lines = chain([first], numbered)
            if suffix(path.name) in _JSON or first[1].lstrip().startswith(("{", "[")):
                if columns != Columns():
                    cure = "Leave --training-smiles-column and --training-label-column out."
                    raise UnusableTrainingSet(path, [f"It is JSON and has no columns. {cure}"])
                yield from _json_lines(lines, method)
            else:
                yield from _table_rows(lines, path, columns)
    except UnreadableSource as error:
        sentence = f"It cannot be read: {error.reason}. {error.cure}"
        raise UnusableTrainingSet(path, [sentence]) from error


def _table_rows(
    lines: Iterator[Line], path: Path, columns: Columns
) -> Iterator[tuple[int, Content]]:
    table = MoleculesTable(lines, path, columns.smiles, "--training-smiles-column")
    headings, delimiter = table.layout.headings, table.layout.delimiter
    wanted = (columns.label,) if columns.label else LABEL_COLUMNS
    places = (place_of(headings, name) for name in wanted)
    place = next((place for place in places if place is not None), None)
    if place is None:
        names = f"{' or '.join(map(repr, wanted))} (its columns are: {', '.join(headings)})"
        cure = "Say which column it is with --training-label-column."
        raise UnusableTrainingSet(path, [f"It has no column of labels, {names}. {cure}"])
        return
    for row in table.rows():
        label = row.cells[place]
        if delimiter == ";" and _DECIMAL_COMMA.fullmatch(label):
            label = label.replace(",", ".")
        yield row.line, row.problem or _from_cells(row.smiles, label)


def _from_cells(smiles: str, value: str) -> Content:
    try:
        return smiles, float(value)
    except ValueError:
        return f"{value!r} is not a number"


def _json_lines(lines: Iterator[Line], method: str) -> Iterator[tuple[int, Content]]:
    records = ((line, record) for line, record in lines if record.strip())
    first = next(records, None)
    if first is None:
        return
    if is_archive(first[1]):
        yield from read_archive(chain([first], records), method)
    else:
        yield from ((line, _from_record(record)) for line, record in chain([first], records))


class _Identifier(BaseModel):
    smiles: str


class _MoleculeData(BaseModel):
    identifier: _Identifier
    oxidation_potential: dict[str, float]


def _from_record(text: str) -> Content:
    try:
        record = json.loads(text)
        if isinstance(record, list):
            record = json.loads(record[-1])
        molecule = _MoleculeData.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the record"
        return f"{place}: {wording(first)}"
    except (ValueError, TypeError, IndexError, RecursionError):
        return "it is not MoleculeData in JSON"
    value_eV = molecule.oxidation_potential.get(RECIPE)
    if value_eV is None:
        return f"its oxidation_potential has no {RECIPE!r}"
    return molecule.identifier.smiles, value_eV


def _labels(
    rows: Sequence[Row], values_eV: dict[int, float], problems: list[tuple[int, str]]
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
            value_eV, first = values_eV[row.line], first_lines.setdefault(smiles, row.line)
            if first == row.line:
                labels.append(KnownLabel(smiles, value_eV))
            elif abs(value_eV - values_eV[first]) > SAME_WITHIN_eV:
                same = f"the same molecule, {smiles}, in line {first}"
                contradiction = f"{values_eV[first]:g} eV for {same}"
                problems.append((row.line, f"{value_eV:g} eV contradicts {contradiction}"))
            count[first] += 1
    return [replace(label, rows=rows) for label, rows in zip(labels, count.values(), strict=True)]


def _sentences(problems: list[tuple[int, str]]) -> list[str]:
    listed = [f"line {line}: {problem}." for line, problem in sorted(problems)[:LISTED]]
    more = len(problems) - len(listed)
    return [*listed, *([f"and {more} more lines."] if more else [])]
