"""How `molsteer simulate` writes what it computed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import IO, Literal, assert_never

from pydantic import JsonValue

from molsteer.simulator.cli.inputs import Given
from molsteer.simulator.cli.orders import Answer, Computed, NotComputed

Format = Literal["json", "jsonl", "csv"]
"""One indented object for one molecule; an object in each line; a table."""

Write = Callable[[Given, Answer], None]

_WHO, _WHY = ("smiles", "name"), ("error", "message")


@contextmanager
def writer(file: IO[str], form: Format) -> Generator[Write, None, None]:
    """Write answers to a file, each whole as soon as it comes."""
    if form == "csv":
        table = _Table(file)
        try:
            yield lambda given, answer: table.add(_cells(described(given, answer)))
        finally:
            table.close()
        return
    indent = 2 if form == "json" else None

    def write(given: Given, answer: Answer) -> None:
        file.write(json.dumps(described(given, answer), indent=indent) + "\n")
        file.flush()

    yield write


def described(given: Given, answer: Answer) -> dict[str, JsonValue]:
    """Put an answer into names and plain values; properties have their unit in the name."""
    asked: dict[str, JsonValue] = {"smiles": given.smiles}
    if given.name:
        asked["name"] = given.name
    match answer:
        case Computed():
            return asked | _properties(answer)
        case NotComputed(error=error):
            return asked | {"error": {"code": error.code, "message": error.message}}
        case _:
            assert_never(answer)


class _Table:
    """A table whose columns are those of the first molecule that was computed.

    What failed before waits for them.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._rows: csv.DictWriter[str] | None = None
        self._waiting: list[dict[str, JsonValue]] = []

    def add(self, cells: dict[str, JsonValue]) -> None:
        self._waiting.append(cells)
        if self._rows is not None or "error" not in cells:
            self._write(cells)

    def close(self) -> None:
        self._write({})

    def _write(self, first: Mapping[str, JsonValue]) -> None:
        if self._rows is None:
            found = [name for name in first if name not in _WHO]
            columns = (*_WHO, *found, *_WHY)
            self._rows = csv.DictWriter(
                self._file, columns, restval="", extrasaction="ignore", lineterminator="\n"
            )
            self._rows.writeheader()
        self._rows.writerows(self._waiting)
        self._waiting.clear()
        self._file.flush()


def _properties(found: Computed) -> dict[str, JsonValue]:
    spins: dict[str, JsonValue] = {
        "multiplicity" if state == "neutral" else f"{state}_multiplicity": multiplicity
        for state, multiplicity in found.multiplicities.items()
    }
    values: dict[str, JsonValue] = {
        "_".join(filter(None, (name, quantity.unit))): quantity.value
        for name, quantity in found.values.items()
    }
    return {
        "canonical_smiles": found.canonical_smiles,
        "inchikey": found.inchikey,
        "charge": found.charge,
        **spins,
        **values,
        "steps": dict(found.steps),
        "engine": found.engine,
        "cpu_s": found.cpu_s,
    }


def _cells(fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    cells: dict[str, JsonValue] = {}
    for name, value in fields.items():
        match name, value:
            case "steps", dict():
                cells |= {f"{state}_steps": count for state, count in value.items()}
            case "error", {"code": code, "message": message}:
                cells |= {"error": code, "message": message}
            case _:
                cells[name] = value
    return cells
