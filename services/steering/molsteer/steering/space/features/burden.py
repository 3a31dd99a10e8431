"""The outermost eigenvalues of matrices of bonds, with a property of the atoms on the diagonal.

They are those that RDKit calls BCUT2D, after Pearlman and Smith, Perspect. Drug Discov. Des. 9, 339
(1998), computed from what is known of the atoms already.
"""

from __future__ import annotations

import numpy as np

from molsteer.steering.space.features.atoms import Atoms, Floats

BURDEN = (
    *("BCUT2D_MWHI", "BCUT2D_MWLOW", "BCUT2D_CHGHI", "BCUT2D_CHGLO"),
    *("BCUT2D_LOGPHI", "BCUT2D_LOGPLOW", "BCUT2D_MRHI", "BCUT2D_MRLOW"),
)
"""Names of the columns."""

_UNBOUND = 0.001


def burden(atoms: Atoms) -> Floats:
    """Compute the highest and the lowest eigenvalue for each property; shape (names,)."""
    bound = atoms.orders > 0
    links = np.where(bound, 1 / np.sqrt(np.where(bound, atoms.orders, 1)), _UNBOUND)
    matrices = np.repeat(links[None], len(BURDEN) // 2, axis=0)
    places = np.arange(len(atoms))
    properties = (atoms.mass, atoms.charge, atoms.log_p, atoms.refractivity)
    matrices[:, places, places] = np.array(properties)
    values = np.linalg.eigvalsh(matrices)
    return np.stack([values[:, -1], values[:, 0]], axis=1).ravel()
