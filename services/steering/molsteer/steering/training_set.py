"""Training sets: labels from elsewhere that a campaign begins with."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

from pydantic import BaseModel, ValidationError

from molsteer.shared.cores import usable_cores
from molsteer.shared.settings.wording import wording
from molsteer.steering.errors import UnusableTrainingSet
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.qcschema_archive import Content, is_archive, read_archive
from molsteer.steering.space.sources import LineTooLong, Row, decompressed, lines

RECIPE = "xtb-vacuum"
"""The seeds' name for what is computed here: relaxed cation minus relaxed neutral at GFN2-xTB.
Their volts are for one electron and against no electrode, so the number is the same in eV."""

VALUE_COLUMNS = ("adiabatic_eV", "ip_eV")
PLAUSIBLE_eV = (1.0, 100.0)
SAME_WITHIN_eV = 0.001
LISTED = 100
"""Problems that are shown one by one."""

_BATCH_SIZE = 1_000

METHODS = {"xtb": "GFN2-xTB"}
"""What QCSchema documents call levels of theory that are known here."""


def read_training_set(path: Path, level: str = "xtb") -> list[KnownLabel]:
    """Read labels; a molecule that occurs several times with one value counts once.

    A `.csv` file has the columns `smiles` and `adiabatic_eV` (or `ip_eV`). A `.jsonl` or `.json`
    file holds one MoleculeData of the seeds in each line, alone or as their runs write it,
    `[time, text]`, or QCSchema documents, see `read_archive`. All may be compressed with gzip.

    Args:
        path: The file.
        level: Level of theory that the campaign computes; QCSchema documents must be of it.

    Raises:
        UnusableTrainingSet: If the file cannot be read, holds no molecule, or some of its lines
            cannot be read or contradict others.
    """
    problems: list[tuple[int, str]] = []
    rows: list[Row] = []
    values_eV: dict[int, float] = {}
    for line, content in _contents(path, METHODS.get(level, "")):
        match content:
            case str(problem):
                problems.append((line, problem))
            case (_, value_eV) if not PLAUSIBLE_eV[0] <= value_eV <= PLAUSIBLE_eV[1]:
                problems.append((line, f"{value_eV:g} is no ionization potential in eV"))
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
        raise _unreadable(path, error) from error


def _contents(path: Path, method: str) -> Iterator[tuple[int, Content]]:
    read: Callable[[io.TextIOWrapper], Iterator[tuple[int, Content]]]
    match path.name.lower().removesuffix(".gz").rpartition(".")[2]:
        case "csv":
            read = _csv_lines
        case "jsonl" | "json":
            read = partial(_json_lines, method=method)
        case _:
            sentence = "Its suffix tells nothing about its format: name it .csv or .jsonl."
            raise UnusableTrainingSet(path, [sentence])
    try:
        with path.open("rb") as file, decompressed(file, path) as text:
            yield from read(text)
    except (OSError, EOFError, zlib.error, csv.Error, LineTooLong) as error:
        raise _unreadable(path, error) from error


def _csv_lines(text: io.TextIOWrapper) -> Iterator[tuple[int, Content]]:
    reader = csv.reader(lines(text))
    names = [name.strip() for name in next(reader, [])]
    value = next((name for name in VALUE_COLUMNS if name in names), None)
    if "smiles" not in names or value is None:
        wanted = f"'smiles' and {' or '.join(map(repr, VALUE_COLUMNS))}"
        yield 1, f"it must name the columns {wanted}, and names {', '.join(names) or 'none'}"
        return
    for cells in reader:
        named = dict(zip(names, cells, strict=False))
        if cells:
            yield reader.line_num, _from_cells(named.get("smiles", ""), named.get(value, ""))


def _from_cells(smiles: str, value: str) -> Content:
    try:
        return smiles.strip(), float(value)
    except ValueError:
        return f"{value!r} is no number"


def _json_lines(text: io.TextIOWrapper, method: str) -> Iterator[tuple[int, Content]]:
    records = ((line, record) for line, record in enumerate(lines(text), 1) if record.strip())
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
        return "it is no MoleculeData in JSON"
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
    for batch, digested in digest_all(map(list, batches), usable_cores()):
        names = iter(zip(digested.smiles, digested.inchikeys, strict=True))
        for row, reason in zip(batch, digested.reasons, strict=True):
            if reason is not None:
                problems.append((row.line, f"{row.smiles!r} cannot be used, {reason}"))
                continue
            smiles, inchikey = (name.decode("ascii") for name in next(names))
            value_eV, first = values_eV[row.line], first_lines.setdefault(inchikey, row.line)
            if first == row.line:
                labels.append(KnownLabel(smiles, inchikey, value_eV))
            elif abs(value_eV - values_eV[first]) > SAME_WITHIN_eV:
                contradiction = f"{values_eV[first]:g} eV for the same molecule in line {first}"
                problems.append((row.line, f"{value_eV:g} eV contradicts {contradiction}"))
    return labels


def _sentences(problems: list[tuple[int, str]]) -> list[str]:
    listed = [f"line {line}: {problem}." for line, problem in sorted(problems)[:LISTED]]
    more = len(problems) - len(listed)
    return [*listed, *([f"and {more} more lines."] if more else [])]


def _unreadable(path: Path, error: Exception) -> UnusableTrainingSet:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UnusableTrainingSet(path, [f"It cannot be read: {reason}. Check the path and the file."])
