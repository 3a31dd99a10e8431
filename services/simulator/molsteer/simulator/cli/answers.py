"""How `molsteer simulate` writes what it computed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from typing import IO, Literal, assert_never

from pydantic import JsonValue

from molsteer.simulator.cli.inputs import Given
from molsteer.simulator.cli.orders import Answer, Computed, NotComputed

Format = Literal["json", "jsonl", "csv"]
"""One indented object for one molecule; an object in each line; a table."""

COLUMNS = (
    *("smiles", "name", "canonical_smiles", "inchikey", "charge", "multiplicity"),
    *("cation_multiplicity", "adiabatic_eV", "vertical_eV", "vertical_shifted_eV"),
    *("neutral_steps", "cation_steps", "engine", "cpu_s", "error", "message"),
)
"""Of the table. Objects have the same names, with `steps` and `error` in one piece."""

Write = Callable[[Given, Answer], None]


def writer(file: IO[str], form: Format) -> Write:
    """Write answers to a file, each whole as soon as it comes."""
    table = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    if form == "csv":
        table.writeheader()

    def write(given: Given, answer: Answer) -> None:
        fields = described(given, answer)
        match form:
            case "json":
                file.write(json.dumps(fields, indent=2) + "\n")
            case "jsonl":
                file.write(json.dumps(fields) + "\n")
            case "csv":
                table.writerow(_cells(fields))
            case _:
                assert_never(form)
        file.flush()

    return write


def described(given: Given, answer: Answer) -> dict[str, JsonValue]:
    """Put an answer into names and plain values."""
    asked: dict[str, JsonValue] = {"smiles": given.smiles}
    if given.name:
        asked["name"] = given.name
    match answer:
        case Computed():
            return asked | _potentials(answer)
        case NotComputed(error=error):
            return asked | {"error": {"code": error.code, "message": error.message}}
        case _:
            assert_never(answer)


def _potentials(found: Computed) -> dict[str, JsonValue]:
    neutral, cation = found.multiplicities or (None, None)
    return {
        "canonical_smiles": found.canonical_smiles,
        "inchikey": found.inchikey,
        "charge": found.charge,
        "multiplicity": neutral,
        "cation_multiplicity": cation,
        "adiabatic_eV": found.adiabatic_eV,
        "vertical_eV": found.vertical_eV,
        "vertical_shifted_eV": found.vertical_shifted_eV,
        "steps": list(found.steps),
        "engine": found.engine,
        "cpu_s": found.cpu_s,
    }


def _cells(fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    cells = dict(fields)
    match cells:
        case {"steps": [neutral, cation]}:
            cells |= {"neutral_steps": neutral, "cation_steps": cation}
        case {"error": {"code": code, "message": message}}:
            cells |= {"error": code, "message": message}
    return cells
