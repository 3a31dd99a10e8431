"""Adiabatic ionization potentials from QCSchema documents, version 1.

A potential is the lowest energy that was found for the cation, minus the lowest one with one
electron more; at one geometry for both it would be vertical.

Source:
    https://molssi-qc-schema.readthedocs.io
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any

from pydantic import JsonValue, ValidationError

from molsteer.shared.units import HARTREE_IN_EV
from molsteer.steering.start.qcschema_atoms import Atoms, atoms_found, atoms_named, listed
from molsteer.steering.start.qcschema_keywords import (
    Keywords,
    differing,
    strange_for_gfn2_xtb,
    strange_for_optimizers,
)
from molsteer.steering.start.qcschema_results import (
    NAMES,
    Result,
    first_problem,
    name_of,
    read_result,
)

Content = tuple[str, float] | str
"""SMILES and value in eV of a molecule, or what is wrong with a line."""

Line = tuple[int, str]

_GFN2_XTB = "gfn2-xtb"


@dataclass(frozen=True, slots=True)
class _State:
    """A molecule with one charge: its energy, in hartree, and a digest of the geometry."""

    energy: float
    atoms: Atoms
    geometry: int
    multiplicity: int


@dataclass
class _Archive:
    """What was read so far.

    Attributes:
        method: The method that all documents are of; the first one's if empty.
        settings: Keywords of the first document, which those of a package's own level all have.
        states: Each molecule's states, by its identity and by charge.
        named: Charge and atoms of each molecule, by its identity; why not, where it has none.
        lines: Where each molecule came first.
    """

    method: str = ""
    settings: Keywords | None = None
    states: dict[str, dict[int, list[_State]]] = field(default_factory=dict)
    named: dict[str, tuple[int, Atoms] | str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def add(self, line: int, document: JsonValue) -> str | None:
        """Take a document in, or say what is wrong with it."""
        if isinstance(document, dict) and document.get("success") is False:
            return None  # what failed tells nothing; the molecule may have been tried again
        try:
            result = read_result(document)
        except ValidationError as error:
            return first_problem(error)
        name = name_of(result)
        if name is None:
            return f"it names no molecule: it needs one of {', '.join(NAMES)}"
        if problem := self._computed_otherwise(result):
            return problem
        self._keep(name, line, result)
        return None

    def contents(self) -> Iterator[tuple[int, Content]]:
        """Give the potential of each molecule, or say why it has none."""
        for name, states in self.states.items():
            match self.named[name]:
                case str() as reason:
                    yield self.lines[name], f"{name!r} cannot be used, {reason}"
                case charge, atoms:
                    yield self.lines[name], _potential(name, charge, atoms, states)

    def _computed_otherwise(self, result: Result) -> str | None:
        method = str(result.model)
        self.method = self.method or method
        if method.casefold() != self.method.casefold():
            return f"it was computed with {method}, and labels must be of {self.method}"
        if not all(result.molecule.real or ()):
            return "it was computed with ghost atoms, and labels are without"
        keyword = strange_for_optimizers(result.optimizer)
        if self.method.casefold() == _GFN2_XTB:
            keyword = strange_for_gfn2_xtb(result.settings) or keyword
        elif self.settings is None:
            self.settings = result.settings
        else:
            keyword = differing(result.settings, self.settings) or keyword
        return keyword and (
            f"it was computed with {keyword}, which may make its energy another one than that of "
            f"the labels here"
        )

    def _keep(self, spelled: str, line: int, result: Result) -> None:
        name, named = _identified(spelled)
        self.named[name] = named
        self.lines.setdefault(name, line)
        molecule = result.molecule
        state = _State(
            result.energy,
            atoms_found(molecule.symbols, molecule.geometry),
            hash(tuple(molecule.geometry)),
            molecule.molecular_multiplicity,
        )
        charge = round(molecule.molecular_charge)
        self.states.setdefault(name, {}).setdefault(charge, []).append(state)


def _potential(name: str, charge: int, atoms: Atoms, states: Mapping[int, list[_State]]) -> Content:
    neutral, cation = states.get(charge, []), states.get(charge + 1, [])
    for state, its_charge in ((neutral, charge), (cation, charge + 1)):
        if not state:
            return f"{name} has no energy with charge {its_charge}"
        multiplicities = sorted({found.multiplicity for found in state})
        if len(multiplicities) > 1:  # the lowest energy of a method need not be the true state's
            both = " and ".join(map(str, multiplicities))
            return f"{name} has energies of the multiplicities {both} with charge {its_charge}"
    first, last = min(neutral, key=_energy), min(cation, key=_energy)
    if first.atoms != atoms:
        there, here = listed(first.atoms), listed(atoms)
        return f"the geometry of {name} is of another molecule: it has {there}; the name, {here}"
    if first.geometry == last.geometry:
        return f"the cation of {name} was not relaxed"
    return name, (last.energy - first.energy) * HARTREE_IN_EV


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


def _energy(state: _State) -> float:
    return state.energy


@lru_cache(maxsize=1000)
def _identified(spelled: str) -> tuple[str, tuple[int, Atoms] | str]:
    """Give the identity of a molecule, its charge and atoms, or its spelling and what is wrong."""
    from rdkit import Chem, rdBase

    from molsteer.steering.space.molecules import Reason, identity, read_molecule  # RDKit as well

    with rdBase.BlockLogs():
        molecule = read_molecule(spelled)
    if isinstance(molecule, Reason):
        return spelled, molecule
    return identity(molecule), (Chem.GetFormalCharge(molecule), atoms_named(molecule))
