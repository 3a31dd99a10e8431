"""Where the electrons of a molecule are: properties of atoms, and how they go together.

The autocorrelation of a property at a distance is the sum of its products over all pairs of atoms
that are so many bonds apart (Moreau and Broto, Nouv. J. Chim. 4, 359 (1980)).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from molsteer.steering.space.features.atoms import Atoms, Floats
from molsteer.steering.space.features.descriptors import finite
from molsteer.steering.space.features.hueckel import Frontier, frontier

_BONDS = range(6)
_PROPERTIES = ("electronegativity", "charge", "lone_pairs", "homo")
_LEVELS = Frontier._fields[:-1]

ELECTRONIC = (
    *(f"{name}_{bonds}" for name in _PROPERTIES for bonds in _BONDS),
    *_LEVELS,
)
"""Names of the columns."""


def electronic(molecules: Sequence[Atoms]) -> npt.NDArray[np.float32]:
    """Compute autocorrelations and frontier levels of molecules; shape (molecules, names)."""
    rows = [_of(atoms) for atoms in molecules]
    return finite(np.array(rows, dtype=np.float64).reshape(len(rows), len(ELECTRONIC)))


def _of(atoms: Atoms) -> Floats:
    found = frontier(atoms)
    charges = atoms.charge + atoms.hydrogens_charge
    properties = np.array([atoms.electronegativity, charges, atoms.lone_pairs, found.density])
    neighbours = (atoms.apart == np.array(_BONDS)[:, None, None]).astype(np.float64)
    correlations = (properties @ neighbours * properties).sum(axis=-1)
    return np.concatenate([correlations.T.ravel(), found[:-1]])
