"""Whether the atoms of a geometry are those of the molecule that it is named after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rdkit import Chem

Atoms = tuple[tuple[str, int], ...]
"""Heavy atoms as `C`, and the hydrogens at them as `H at C`, with how many there are; sorted."""


def atoms_found(symbols: Sequence[str], geometry: Sequence[float]) -> Atoms:
    """Count the heavy atoms of a geometry, and each hydrogen at the one that is nearest to it."""
    positions = np.array(geometry).reshape(-1, 3)
    names = np.array([symbol.capitalize() for symbol in symbols])
    is_hydrogen = names == "H"
    heavy, places = names[~is_hydrogen].tolist(), positions[~is_hydrogen]
    counts = Counter(heavy)
    for hydrogen in positions[is_hydrogen] if heavy else ():
        nearest = np.square(places - hydrogen).sum(axis=1).argmin()
        counts[f"H at {heavy[nearest]}"] += 1
    return tuple(sorted(counts.items()))


def atoms_named(molecule: Chem.Mol) -> Atoms:
    """Count the heavy atoms of a molecule, and the hydrogens at them."""
    counts: Counter[str] = Counter()
    for atom in molecule.GetAtoms():
        if atom.GetAtomicNum() > 1:
            counts[atom.GetSymbol()] += 1
            counts[f"H at {atom.GetSymbol()}"] += atom.GetTotalNumHs(includeNeighbors=True)
    return tuple(sorted((+counts).items()))


def listed(atoms: Atoms) -> str:
    """Write atoms as people read them."""
    return ", ".join(f"{count} {name}" for name, count in atoms) or "hydrogen alone"
