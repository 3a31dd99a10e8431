"""A minimum, not a saddle: ends of relaxations that look suspicious are left once more.

A start of high symmetry has no force that would break it, and a relaxation may keep it although
the energy falls to the side: linear methylene lies 0.87 eV above the bent one, and methyl groups
stay eclipsed. A Hessian after each relaxation would cost more than that. So only geometries whose
heavy atoms lie in a plane are looked at, and of those only the directions that the model Hessian
thinks soft. Bonds in a straight line, which chemistry has beside triple bonds and in cumulenes
alone, are left whatever is seen, for the surface may have a ridge there. Where both sides are
mirror images of each other, as with most planes, one is relaxed for both.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from rdkit import Chem

from molsteer.simulator.errors import Dissociated, NotConverged, ScfFailed
from molsteer.simulator.molecule.species import ElectronicState, Positions, Species
from molsteer.simulator.programs.port import Program, Relaxation
from molsteer.simulator.programs.relaxation import model_hessian

_PLANE_BOHR = 0.1
_STRAIGHT_DEGREES = 175.0

_SOFTEST = 8
_PROBE_BOHR = 0.05
_FLAT = 1e-3
"""Hartree per square bohr; the softest torsions of true minima have as much, or a little more."""

_STEP_BOHR = 0.3
_LOWER_HARTREE = 1e-5
_ALIKE_BOHR = 0.02


@dataclass(frozen=True, slots=True)
class Softest:
    """The softest direction at a geometry.

    Attributes:
        curvature: In hartree per square bohr, negative where the energy falls.
        direction: Of unit length, shape (atoms, 3).
    """

    curvature: float
    direction: npt.NDArray[np.float64]


def minimum(
    species: Species,
    state: ElectronicState,
    start: Positions,
    program: Program,
    check: Callable[[Species, Positions], None],
    like: Relaxation | None = None,
) -> Relaxation:
    """Relax; where the end is suspicious, relax again from both sides of it and keep the lowest.

    Args:
        species: The molecule.
        state: Its charge and spin.
        start: Geometry in bohr, shape (atoms, 3).
        program: What computes it.
        check: Raises `Dissociated` if a geometry is no longer the molecule.
        like: An earlier relaxation of the molecule, which may spare steps.

    Raises:
        Dissociated: If the first end is another molecule.
        NotConverged: If it is not reached within the allowed steps.
        ScfFailed: If an energy on the way cannot be computed.
        TimeLimit: If the time was over before.
    """
    best = program.relax(species, state, start, like)
    check(species, best.positions)
    end, straight = best.positions, has_straight_bonds(species, best.positions)
    if not straight and not is_planar(species, end):
        return best
    softest = _softest(species, state, end, program)
    if not straight and softest.curvature > _FLAT:
        return best
    step = _STEP_BOHR * softest.direction
    one, other = end + step, end - step
    for side in (one,) if is_same_shape(species, one, other) else (one, other):
        # What is found in addition may fail: there is a minimum already.
        with suppress(Dissociated, NotConverged, ScfFailed):
            again = program.relax(species, state, side, best)
            check(species, again.positions)
            if again.energy < best.energy - _LOWER_HARTREE:
                best = again
    return best


def has_straight_bonds(species: Species, positions: Positions) -> bool:
    """Tell whether two bonds are in line at an atom that has no triple bond."""
    for atom in species.molecule.GetAtoms():
        bonds = list(atom.GetBonds())
        if any(bond.GetBondType() == Chem.BondType.TRIPLE for bond in bonds):
            continue
        here = positions[atom.GetIdx()]
        ways = np.array([positions[bond.GetOtherAtomIdx(atom.GetIdx())] - here for bond in bonds])
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        if (ways @ ways.T).min() < np.cos(np.radians(_STRAIGHT_DEGREES)):
            return True
    return False


def is_planar(species: Species, positions: Positions) -> bool:
    """Tell whether the heavy atoms lie in a plane, as up to three always do."""
    heavy = positions[species.numbers > 1]
    if len(heavy) <= 3:
        return True
    spreads = np.linalg.svd(heavy - heavy.mean(axis=0), compute_uv=False)
    return bool(spreads[-1] < _PLANE_BOHR * np.sqrt(len(heavy)))


def is_same_shape(species: Species, one: Positions, other: Positions) -> bool:
    """Tell whether a geometry and one near it are alike but for a reflection or half a turn.

    Planes and axes of such a symmetry are perpendicular to, or along, the principal axes of what
    lies between both. Atoms of an element may change places.
    """
    centre = ((one + other) / 2).mean(axis=0)
    axes = np.linalg.svd((one + other) / 2 - centre)[2].T
    here, there = (one - centre) @ axes, (other - centre) @ axes
    alien = species.numbers[:, np.newaxis] != species.numbers
    for signs in product((1.0, -1.0), repeat=3):
        apart = np.linalg.norm((here * signs)[:, np.newaxis] - there, axis=-1)
        apart[alien] = np.inf
        partners = apart.argmin(axis=1)
        if apart.min(axis=1).max() < _ALIKE_BOHR and len(set(partners.tolist())) == len(partners):
            return True
    return False


def _softest(
    species: Species, state: ElectronicState, positions: Positions, program: Program
) -> Softest:
    """Find the softest direction among the few that are soft in the model Hessian."""
    own = _inner(positions)
    _, modes = np.linalg.eigh(own.T @ model_hessian(species.symbols, positions) @ own)
    soft = (own @ modes[:, :_SOFTEST]).T
    moved = [positions + _PROBE_BOHR * way.reshape(-1, 3) for way in soft]
    at_end, *at_moved = program.gradients(species, state, [positions, *moved])
    change = np.array([(there - at_end).ravel() for there in at_moved]) / _PROBE_BOHR
    among_soft = change @ soft.T
    curvatures, mixtures = np.linalg.eigh((among_soft + among_soft.T) / 2)
    return Softest(float(curvatures[0]), (mixtures[:, 0] @ soft).reshape(-1, 3))


def _inner(positions: Positions) -> npt.NDArray[np.float64]:
    """Give an orthonormal basis of all motions but translations and rotations."""
    centred = positions - positions.mean(axis=0)
    shifts = [np.tile(axis, len(positions)) for axis in np.eye(3)]
    turns = [np.cross(axis, centred).ravel() for axis in np.eye(3)]
    left, lengths, _ = np.linalg.svd(np.array([*shifts, *turns]).T)
    return np.asarray(left[:, int((lengths > 0.1).sum()) :], dtype=np.float64)
