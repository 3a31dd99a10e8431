"""A relaxation from its start to where it ended, and when it has ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from molsteer.shared.units import BOHR_IN_ANGSTROM
from molsteer.simulator.molecule.species import Positions
from molsteer.simulator.relaxing.measures import Numbers

_ENERGY = 1e-6
_MEAN_FORCE, _STEEPEST = 3e-4, 4.5e-4
_MEAN_MOVE_ANGSTROM, _LONGEST_MOVE_ANGSTROM = 1.2e-3, 1.8e-3
"""geomeTRIC's default set, which is Gaussian's: hartree, hartree per bohr, angstrom."""


@dataclass(frozen=True, slots=True)
class Point:
    """One geometry on the way.

    Attributes:
        positions: In bohr, shape (atoms, 3).
        energy: In hartree.
        gradient: In hartree per bohr, shape (atoms, 3).
    """

    positions: Positions
    energy: float
    gradient: Numbers

    @property
    def steepest(self) -> float:
        """Norm of the largest force on an atom in hartree per bohr."""
        return float(np.linalg.norm(self.gradient, axis=1).max())


@dataclass(frozen=True, slots=True)
class Stiffness:
    """Second derivatives of an energy, of whatever quality.

    Attributes:
        positions: Where, in bohr, shape (atoms, 3).
        hessian: In hartree per square bohr, shape (3 atoms, 3 atoms).
        gradient: At the same place, in hartree per bohr, shape (atoms, 3).
    """

    positions: Positions
    hessian: Numbers
    gradient: Numbers


@dataclass(frozen=True, slots=True)
class Path:
    """A relaxation from its start to where it ended.

    Attributes:
        converged: Whether all five criteria of geomeTRIC's default set are met at the end.
        stiffness: What was learned of second derivatives, if anything was.
    """

    points: list[Point]
    converged: bool
    stiffness: Stiffness | None = None


def is_end(before: Point, now: Point) -> bool:
    """Tell whether all five criteria are met by a step and where it led."""
    if abs(now.energy - before.energy) >= _ENERGY:
        return False
    forces = np.linalg.norm(now.gradient, axis=1)
    if _mean(forces) >= _MEAN_FORCE or forces.max() >= _STEEPEST:
        return False
    moves = np.linalg.norm(_moves(before.positions, now.positions), axis=1) * BOHR_IN_ANGSTROM
    return bool(_mean(moves) < _MEAN_MOVE_ANGSTROM and moves.max() < _LONGEST_MOVE_ANGSTROM)


def _mean(lengths: Numbers) -> float:
    """Take the root of the mean square."""
    return float(np.sqrt(np.mean(lengths**2)))


def _moves(before: Positions, now: Positions) -> Numbers:
    """Subtract geometries that lie upon each other as well as they can (W. Kabsch)."""
    here, there = now - now.mean(axis=0), before - before.mean(axis=0)
    left, _, right = np.linalg.svd(here.T @ there)
    hand = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    return np.asarray(here @ (left * hand) @ right - there, dtype=np.float64)
