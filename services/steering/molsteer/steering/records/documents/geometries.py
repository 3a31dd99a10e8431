"""Where the atoms of a computed molecule are, from its QCSchema records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from molsteer.shared.units import BOHR_IN_ANGSTROM

_MOST_ATOMS = 10_000


@dataclass(frozen=True, slots=True)
class Geometry:
    """A molecule in space.

    Attributes:
        purpose: What it was computed for, as `neutral` or `cation`.
        symbols: The element of each atom.
        positions: Where the atoms are, in angstrom, shape (atoms, 3).
        bonds: Places of two atoms, from 0, and the order of their bond; empty if none are told.
        charge: In elementary charges.
    """

    purpose: str
    symbols: Sequence[str]
    positions: npt.NDArray[np.float64]
    bonds: Sequence[tuple[int, int, float]]
    charge: int


def geometries(documents: Mapping[str, JsonValue]) -> Iterator[Geometry]:
    """Give the geometry of each record that has one; where it was relaxed, the last one."""
    for purpose, document in documents.items():
        if not isinstance(document, dict):
            continue
        molecule = document.get("final_molecule") or document.get("molecule")
        found = _geometry(purpose, molecule) if isinstance(molecule, dict) else None
        if found is not None:
            yield found


def _geometry(purpose: str, molecule: Mapping[str, JsonValue]) -> Geometry | None:
    """Read a QCSchema molecule, whose lengths are in bohr; None if it is none."""
    try:
        symbols = [str(each) for each in _list(molecule["symbols"])]
        positions = np.array(molecule["geometry"], dtype=np.float64).reshape(-1, 3)
        bonds = [
            (int(one), int(other), float(order))
            for one, other, order in _list(molecule.get("connectivity") or [])
        ]
        charge = int(float(str(molecule.get("molecular_charge") or 0)))
    except (KeyError, TypeError, ValueError):
        return None
    count = len(symbols)
    if not 0 < count == len(positions) <= _MOST_ATOMS or not np.isfinite(positions).all():
        return None
    if any(not 0 <= place < count for bond in bonds for place in bond[:2]):
        return None
    return Geometry(purpose, symbols, positions * BOHR_IN_ANGSTROM, bonds, charge)


def _list(value: JsonValue) -> list:  # type: ignore[type-arg] # of whatever JSON holds
    if not isinstance(value, list):
        raise TypeError(value)
    return value
