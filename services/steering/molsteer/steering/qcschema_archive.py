"""Adiabatic ionization potentials from QCSchema documents, version 1.

A potential is the lowest energy that was found for the cation, minus the lowest one with one
electron more; at one geometry for both it would be vertical.

Source:
    https://molssi-qc-schema.readthedocs.io
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, FiniteFloat, JsonValue, TypeAdapter, ValidationError

from molsteer.shared.settings.wording import wording
from molsteer.shared.units import HARTREE_IN_EV

Content = tuple[str, float] | str
"""SMILES and value in eV of a molecule, or what is wrong with a line."""

NAMES = (
    "canonical_isomeric_smiles",
    "smiles",
    "canonical_smiles",
    "canonical_isomeric_explicit_hydrogen_smiles",
    "canonical_explicit_hydrogen_smiles",
    "canonical_isomeric_explicit_hydrogen_mapped_smiles",
    "inchi",
)
"""The first of these is taken, among the identifiers of the molecule or in `extras`."""

_ATOM_MAP = re.compile(r":\d+(?=\])")

Line = tuple[int, str]
Named = Mapping[str, JsonValue]


class _Method(BaseModel):
    method: str
    basis: str | None = None

    def __str__(self) -> str:
        return f"{self.method}/{self.basis}" if self.basis else self.method


class _Molecule(BaseModel):
    geometry: list[FiniteFloat] = Field(min_length=3)
    molecular_charge: FiniteFloat = 0.0
    identifiers: Named | None = None
    extras: Named | None = None


class _Properties(BaseModel):
    return_energy: FiniteFloat


class _Atomic(BaseModel):
    schema_name: Literal["qcschema_output"]
    molecule: _Molecule
    model: _Method
    properties: _Properties
    extras: Named | None = None

    @property
    def energy(self) -> float:
        return self.properties.return_energy


class _Specification(BaseModel):
    model: _Method


class _Optimization(BaseModel):
    schema_name: Literal["qcschema_optimization_output"]
    final_molecule: _Molecule
    input_specification: _Specification
    energies: list[FiniteFloat] = Field(min_length=1)
    extras: Named | None = None

    @property
    def molecule(self) -> _Molecule:
        return self.final_molecule

    @property
    def model(self) -> _Method:
        return self.input_specification.model

    @property
    def energy(self) -> float:
        return self.energies[-1]


_Result = Annotated[_Atomic | _Optimization, Field(discriminator="schema_name")]


@dataclass(frozen=True, slots=True)
class _State:
    """A molecule with one charge: its lowest energy, in hartree, and a digest of the geometry."""

    energy: float
    geometry: int


@dataclass
class _Archive:
    """What was read so far.

    Attributes:
        method: The method that all documents are of; the first one's if empty.
        states: Each molecule's lowest states, by the molecule's name and by charge.
        lines: Where each molecule came first.
    """

    method: str = ""
    states: dict[str, dict[int, _State]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def add(self, line: int, document: JsonValue) -> str | None:
        """Take a document in, or say what is wrong with it."""
        if isinstance(document, dict) and document.get("success") is False:
            return None  # what failed tells nothing; the molecule may have been tried again
        try:
            result = _result().validate_python(document)
        except ValidationError as error:
            return _first_problem(error)
        name, method = _name(result), str(result.model)
        if name is None:
            return f"it names no molecule: it needs one of {', '.join(NAMES)}"
        self.method = self.method or method
        if method.casefold() != self.method.casefold():
            return f"it was computed with {method}, and labels must be of {self.method}"
        self._keep(name, line, result)
        return None

    def contents(self) -> Iterator[tuple[int, Content]]:
        """Give the potential of each molecule, or say why it has none."""
        for name, states in self.states.items():
            charge = _charge(name)
            if isinstance(charge, str):
                yield self.lines[name], f"{name!r} cannot be used, {charge}"
                continue
            neutral, cation = states.get(charge), states.get(charge + 1)
            if neutral is None or cation is None:
                missing = charge if neutral is None else charge + 1
                yield self.lines[name], f"{name} has no energy with charge {missing}"
            elif cation.geometry == neutral.geometry:
                yield self.lines[name], f"the cation of {name} was not relaxed"
            else:
                yield self.lines[name], (name, (cation.energy - neutral.energy) * HARTREE_IN_EV)

    def _keep(self, name: str, line: int, result: _Atomic | _Optimization) -> None:
        states = self.states.setdefault(name, {})
        self.lines.setdefault(name, line)
        charge = round(result.molecule.molecular_charge)
        known = states.get(charge)
        if known is None or result.energy < known.energy:
            states[charge] = _State(result.energy, hash(tuple(result.molecule.geometry)))


def is_archive(line: str) -> bool:
    """Tell by its first line whether a file holds QCSchema documents."""
    begin, rest = line.lstrip()[:1], line.lstrip()[1:].lstrip()
    is_list = begin == "[" and rest[:1] in {"", "{"}
    return is_list or (begin == "{" and '"schema_name"' in rest)


def read_archive(lines: Iterable[Line], method: str) -> Iterator[tuple[int, Content]]:
    """Read documents, one a line or in a JSON list, whose places are then counted as lines.

    Args:
        lines: Those that are not empty, with their numbers.
        method: Method or method/basis that the documents must be of; if empty, all of one.
    """
    archive = _Archive(method)
    for line, document in _documents(lines):
        if problem := archive.add(line, document):
            yield line, problem
    yield from archive.contents()


def _documents(lines: Iterable[Line]) -> Iterator[tuple[int, JsonValue]]:
    lines = iter(lines)
    first = next(lines, (1, ""))
    if first[1].lstrip().startswith("["):
        text = "".join(line for _, line in chain([first], lines))
        yield from enumerate(_parsed(text) or [None], start=1)
        return
    for number, line in chain([first], lines):
        yield number, _parsed(line)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


@cache
def _result() -> TypeAdapter[_Atomic | _Optimization]:
    return TypeAdapter(_Result)


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {wording(first)}" if place else "it is no QCSchema result, version 1"


def _charge(name: str) -> int | str:
    """Give the charge of a molecule by its name, or say why it names none."""
    from rdkit import Chem, rdBase

    from molsteer.steering.space.molecules import Reason, read_molecule  # RDKit as well

    with rdBase.BlockLogs():
        molecule = read_molecule(name)
    return molecule if isinstance(molecule, Reason) else Chem.GetFormalCharge(molecule)


def _name(result: _Atomic | _Optimization) -> str | None:
    molecule = result.molecule
    for source in (molecule.identifiers, molecule.extras, result.extras):
        for key in NAMES:
            if isinstance(name := (source or {}).get(key), str) and name:
                return _ATOM_MAP.sub("", name)
    return None
