"""Where the electrons of a molecule are: properties of atoms, and how they go together.

The autocorrelation of a property at a distance is the sum of its products over all pairs of atoms
that are so many bonds apart (Moreau and Broto, Nouv. J. Chim. 4, 359 (1980)).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from rdkit import Chem
from rdkit.Chem import rdPartialCharges

from molsteer.steering.space.features.descriptors import finite
from molsteer.steering.space.features.elements import electronegativity, lone_pairs
from molsteer.steering.space.features.hueckel import Frontier, frontier

_BONDS = range(6)
_PROPERTIES = ("electronegativity", "charge", "lone_pairs", "homo")
_LEVELS = Frontier._fields[:-1]

ELECTRONIC = (
    *(f"{name}_{bonds}" for name in _PROPERTIES for bonds in _BONDS),
    *_LEVELS,
)
"""Names of the columns."""

Floats = npt.NDArray[np.float64]


def electronic(molecules: Sequence[Chem.Mol]) -> npt.NDArray[np.float32]:
    """Compute autocorrelations and frontier levels of molecules; shape (molecules, names)."""
    rows = [_of(molecule) for molecule in molecules]
    return finite(np.array(rows, dtype=np.float64).reshape(len(rows), len(ELECTRONIC)))


def _of(molecule: Chem.Mol) -> Floats:
    atoms = list(molecule.GetAtoms())
    found = frontier(molecule)
    properties = np.array(
        [
            [electronegativity(atom) for atom in atoms],
            _charges(molecule, atoms),
            [lone_pairs(atom) for atom in atoms],
            found.density,
        ]
    )
    apart = Chem.GetDistanceMatrix(molecule)
    correlations = [(properties @ (apart == bonds) * properties).sum(axis=1) for bonds in _BONDS]
    return np.concatenate([np.array(correlations).T.ravel(), found[:-1]])


def _charges(molecule: Chem.Mol, atoms: Sequence[Chem.Atom]) -> Floats:
    """Give charges of atoms with their hydrogens, by Gasteiger and Marsili, in e."""
    rdPartialCharges.ComputeGasteigerCharges(molecule)
    names = ("_GasteigerCharge", "_GasteigerHCharge")
    charges: Floats = np.array([[atom.GetDoubleProp(name) for name in names] for atom in atoms])
    return cast("Floats", np.nan_to_num(charges, posinf=0, neginf=0).sum(axis=1))
