"""Which internal coordinates a geometry has: what is near is bonded, and all hangs together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
from rdkit import Chem

from molsteer.shared.units import BOHR_IN_ANGSTROM
from molsteer.simulator.molecule.species import Positions

_BONDED_WITHIN = 1.3
"""Times the sum of both covalent radii."""

_STRAIGHT_DEGREES = 165.0
_FLAT_DEGREES = 350.0
"""Sum of the three angles around an atom in the plane of its neighbours; 360 if it is exact."""

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Topology:
    """Atoms of each coordinate, shape (coordinates, 2 to 4).

    Attributes:
        bonds: Near atoms, and the nearest ones of parts that have no bond to each other.
        bends: Neighbours of an atom, with it in the middle.
        straight: Those which are in line with it.
        torsions: Around bonds and straight chains; and atoms in the plane of their neighbours.
    """

    bonds: Indices
    bends: Indices
    straight: Indices
    torsions: Indices

    def is_like(self, other: Topology) -> bool:
        """Tell whether all coordinates are the same."""
        return all(
            np.array_equal(mine, theirs)
            for mine, theirs in (
                (self.bonds, other.bonds),
                (self.bends, other.bends),
                (self.straight, other.straight),
                (self.torsions, other.torsions),
            )
        )


def topology(symbols: list[str], positions: Positions) -> Topology:
    """Find the internal coordinates of a geometry in bohr."""
    bonds = _bonds(symbols, positions)
    neighbours: list[list[int]] = [[] for _ in symbols]
    for one, other in bonds:
        neighbours[one].append(other)
        neighbours[other].append(one)
    bends: list[tuple[int, int, int]] = []
    straight: list[tuple[int, int, int]] = []
    for middle, around in enumerate(neighbours):
        for one, other in combinations(around, 2):
            is_straight = _angle(positions, one, middle, other) > _STRAIGHT_DEGREES
            (straight if is_straight else bends).append((one, middle, other))
    torsions = [
        *_torsions(positions, bonds, neighbours, straight),
        *_flat(positions, neighbours),
    ]
    return Topology(
        *(
            np.array(found, dtype=np.intp).reshape(-1, size)
            for found, size in ((bonds, 2), (bends, 3), (straight, 3), (torsions, 4))
        )
    )


def _bonds(symbols: list[str], positions: Positions) -> list[tuple[int, int]]:
    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(symbol) for symbol in symbols]) / BOHR_IN_ANGSTROM
    distances = np.linalg.norm(positions[:, np.newaxis] - positions, axis=-1)
    near = np.triu(distances < _BONDED_WITHIN * (radii[:, np.newaxis] + radii), k=1)
    bonds = [(int(one), int(other)) for one, other in np.argwhere(near)]
    part = np.arange(len(symbols))
    for one, other in bonds:
        part[part == part[other]] = part[one]
    while len(set(part.tolist())) > 1:
        inside = part[:, np.newaxis] == part
        one, other = divmod(int(np.where(inside, np.inf, distances).argmin()), len(symbols))
        bonds.append((min(one, other), max(one, other)))
        part[part == part[other]] = part[one]
    return bonds


def _torsions(
    positions: Positions,
    bonds: list[tuple[int, int]],
    neighbours: list[list[int]],
    straight: list[tuple[int, int, int]],
) -> Iterator[tuple[int, int, int, int]]:
    """Go around bonds, and around both ends of a chain of atoms in line as around one bond."""
    for left, before, right, after in _axes(bonds, neighbours, straight):
        firsts = [
            first
            for first in neighbours[left]
            if first not in (before, right) and _is_bent(positions, first, left, right)
        ]
        lasts = [
            last
            for last in neighbours[right]
            if last not in (after, left) and _is_bent(positions, left, right, last)
        ]
        for first, last in product(firsts, lasts):
            if first != last:
                yield first, left, right, last


def _axes(
    bonds: list[tuple[int, int]], neighbours: list[list[int]], straight: list[tuple[int, int, int]]
) -> list[tuple[int, int, int, int]]:
    """Give both ends of each axis, each with the atom of the axis beside it."""
    onward: dict[tuple[int, int], int] = {}
    for one, middle, other in straight:
        if len(neighbours[middle]) == 2:
            onward[one, middle], onward[other, middle] = other, one
    axes = set()
    for one, other in bonds:
        ends = (_end(onward, other, one, len(bonds)), _end(onward, one, other, len(bonds)))
        axes.add((*min(ends), *max(ends)))
    return sorted(axes)


def _end(
    onward: dict[tuple[int, int], int], before: int, here: int, at_most: int
) -> tuple[int, int]:
    """Walk along a straight chain to its end; give it and the atom before it."""
    for _ in range(at_most):
        if (before, here) not in onward:
            break
        before, here = here, onward[before, here]
    return here, before


def _flat(positions: Positions, neighbours: list[list[int]]) -> Iterator[tuple[int, int, int, int]]:
    for middle, around in enumerate(neighbours):
        if len(around) != 3:
            continue
        angles = [_angle(positions, one, middle, other) for one, other in combinations(around, 2)]
        if sum(angles) > _FLAT_DEGREES and max(angles) < _STRAIGHT_DEGREES:
            yield middle, around[0], around[1], around[2]


def _is_bent(positions: Positions, one: int, middle: int, other: int) -> bool:
    angle = _angle(positions, one, middle, other)
    return 180.0 - _STRAIGHT_DEGREES < angle < _STRAIGHT_DEGREES


def _angle(positions: Positions, one: int, middle: int, other: int) -> float:
    """In degrees."""
    here, there = positions[one] - positions[middle], positions[other] - positions[middle]
    cosine = here @ there / np.sqrt((here @ here) * (there @ there))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
