"""Whether a relaxed geometry is still the molecule of its SMILES, judged by distances."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rdkit import Chem

from molsteer.shared.units import BOHR_IN_ANGSTROM
from molsteer.simulator.errors import Dissociated, StateName
from molsteer.simulator.molecule.species import Positions, Species

# Angstrom beyond the sum of both covalent radii (doi:10.1039/b801115j). Stretched bonds reach 0.4,
# the closest atoms without a bond, bridgeheads of bicyclo[1.1.1]pentane, come to 0.3, and bonds of
# one electron in cations stretch to 0.7.
_BOND_AT_MOST = 0.45
_NO_BOND_AT_LEAST = 0.1
_TOGETHER_AT_MOST = 0.8


def check_neutral(species: Species, positions: Positions) -> None:
    """Make sure that the bonds are those of the SMILES, none less and none more.

    Raises:
        Dissociated: If they are not.
    """
    gaps = _gaps(species, positions)
    bonded = np.asarray(Chem.GetAdjacencyMatrix(species.molecule)).astype(bool)
    broken = np.argwhere(np.triu(bonded & (gaps > _BOND_AT_MOST)))
    if broken.size:
        raise Dissociated(species.smiles, "neutral", f"the bond {_pair(species, broken[0])} broke")
    formed = np.argwhere(np.triu(~bonded & (gaps < _NO_BOND_AT_LEAST), k=1))
    if formed.size:
        raise Dissociated(species.smiles, "neutral", f"a bond {_pair(species, formed[0])} formed")


def check_ion(species: Species, positions: Positions, name: StateName) -> None:
    """Make sure that the atoms stayed together.

    An electron that leaves or comes may move a proton or open a ring; that is the molecule's
    chemistry and part of its adiabatic values, as long as one molecule remains.

    Raises:
        Dissociated: If it fell apart.
    """
    together = _gaps(species, positions) < _TOGETHER_AT_MOST
    reached = np.arange(len(positions)) == 0
    for _ in positions:
        reached |= together[reached].any(axis=0)
    if not reached.all():
        fragment = int(reached.sum())
        raise Dissociated(
            species.smiles,
            name,
            f"it fell into fragments, one of them of {fragment} of its {len(positions)} atoms",
        )


def _gaps(species: Species, positions: Positions) -> npt.NDArray[np.float64]:
    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(symbol) for symbol in species.symbols])
    vectors = positions[:, np.newaxis, :] - positions[np.newaxis, :, :]
    distances = np.linalg.norm(vectors, axis=-1) * BOHR_IN_ANGSTROM
    return np.asarray(distances - radii[:, np.newaxis] - radii, dtype=np.float64)


def _pair(species: Species, atoms: npt.NDArray[np.intp]) -> str:
    first, second = (f"{species.symbols[atom]}{atom + 1}" for atom in atoms)
    return f"{first}-{second}"
