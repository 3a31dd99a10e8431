"""What is known of second derivatives before any was seen: those of a force field.

MMFF94 was fitted to vibrations, and its second derivatives in internal coordinates are those of
GFN2-xTB within some 20 %, but for soft torsions. They cost less than one gradient of GFN2-xTB.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdForceFieldHelpers

from molsteer.shared.units import BOHR_IN_ANGSTROM
from molsteer.simulator.molecule.species import Positions, Species
from molsteer.simulator.relaxing.internal import Internal
from molsteer.simulator.relaxing.measures import Numbers
from molsteer.simulator.relaxing.path import Stiffness

_KCAL_IN_HARTREE = 1.0 / 627.509474
_DIFFERENCE_ANGSTROM = 1e-3

_SOFTEST, _STIFFEST = 0.002, 3.0
"""Bounds of curvatures in hartree per square bohr or radian. A softer one would only let the first
steps go too far; none is stiffer than a triple bond by so much."""


def by_force_field(species: Species, positions: Positions) -> Stiffness | None:
    """Ask MMFF, or UFF where MMFF has no parameters; None if neither has."""
    with rdBase.BlockLogs():
        slope = _slope(species, positions)
    if slope is None:
        return None
    start = (positions * BOHR_IN_ANGSTROM).ravel()
    rows = []
    for place in range(start.size):
        move = np.zeros_like(start)
        move[place] = _DIFFERENCE_ANGSTROM
        rows.append((slope(start + move) - slope(start - move)) / (2 * _DIFFERENCE_ANGSTROM))
    hessian, gradient = np.array(rows), slope(start)
    if not (np.isfinite(hessian).all() and np.isfinite(gradient).all()):
        return None
    scale = _KCAL_IN_HARTREE * BOHR_IN_ANGSTROM
    symmetric = (hessian + hessian.T) / 2 * scale * BOHR_IN_ANGSTROM
    return Stiffness(positions, symmetric, gradient.reshape(-1, 3) * scale)


def in_internal(known: Stiffness | None, internal: Internal) -> Numbers:
    """Transform to internal coordinates, and make it positive.

    The coordinates bend, so a gradient adds to the second derivatives in Cartesian coordinates;
    that part is taken off.
    """
    if known is None:
        return internal.guess()
    place = internal.at(known.positions)
    bent = internal.curvature(place, place.inverse.T @ known.gradient.ravel())
    curvatures, modes = np.linalg.eigh(place.inverse.T @ (known.hessian - bent) @ place.inverse)
    return np.asarray((modes * np.clip(curvatures, _SOFTEST, _STIFFEST)) @ modes.T)


def in_cartesian(hessian: Numbers, internal: Internal, positions: Positions) -> Stiffness:
    """Transform back at a place without a gradient worth speaking of."""
    wilson = internal.at(positions).wilson
    return Stiffness(positions, wilson.T @ hessian @ wilson, np.zeros_like(positions))


def _slope(species: Species, positions: Positions) -> Callable[[Numbers], Numbers] | None:
    """Give a force field's gradient in kcal/mol per angstrom, of flat positions in angstrom."""
    molecule = Chem.Mol(species.molecule)
    molecule.RemoveAllConformers()
    molecule.AddConformer(Chem.Conformer(molecule.GetNumAtoms()), assignId=True)
    molecule.GetConformer().SetPositions(positions * BOHR_IN_ANGSTROM)
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(molecule):
        parameters = rdForceFieldHelpers.MMFFGetMoleculeProperties(molecule)
        field = rdForceFieldHelpers.MMFFGetMoleculeForceField(molecule, parameters)
    elif rdForceFieldHelpers.UFFHasAllMoleculeParams(molecule):
        field = rdForceFieldHelpers.UFFGetMoleculeForceField(molecule)
    else:
        return None

    def slope(flat: Numbers) -> Numbers:
        field.Initialize()  # it would take distances from the positions before
        return np.array(field.CalcGrad(flat.tolist()), dtype=np.float64)

    return slope
