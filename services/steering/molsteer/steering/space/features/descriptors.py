"""Descriptors of whole molecules: those of RDKit that are quick, finite and tell of structure.

What grows without bound (Ipc), rests on data of drugs (QED), costs more than all others together or
is said by another one is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molsteer.steering.space.features.atoms import Atoms
from molsteer.steering.space.features.burden import BURDEN, burden

LARGEST = 1e6
"""Larger numbers count as this, so that squares of all fit where they are computed with."""


_DECIMALS = 8


class _Group(NamedTuple):
    """Descriptors that one call gives."""

    names: tuple[str, ...]
    compute: Callable[[Chem.Mol], Iterable[float]]


def _numbered(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in range(1, count + 1))


_PROPERTIES = (
    *("exactmw", "lipinskiHBA", "lipinskiHBD", "NumHeavyAtoms", "NumAtoms", "NumHeteroatoms"),
    *("NumAmideBonds", "FractionCSP3", "NumRings", "NumAromaticRings", "NumAliphaticRings"),
    *("NumSaturatedRings", "NumHeterocycles", "NumAromaticHeterocycles"),
    *("NumSaturatedHeterocycles", "NumAliphaticHeterocycles", "NumSpiroAtoms"),
    *("NumBridgeheadAtoms", "labuteASA", "tpsa", "chi0v", "chi1v", "chi2v", "chi3v", "chi4v"),
    *("chi0n", "chi1n", "chi2n", "chi3n", "chi4n", "hallKierAlpha", "kappa1", "kappa2", "kappa3"),
    "Phi",
)
_CRIPPEN = ("HeavyLogP", "HeavyMR")
"""Sums over the heavy atoms alone: hydrogens would double the cost."""


@cache
def _properties() -> rdMolDescriptors.Properties:
    return rdMolDescriptors.Properties(_PROPERTIES)


def _compute_properties(molecule: Chem.Mol) -> Iterable[float]:
    return _properties().ComputeProperties(molecule)


_GROUPS = (
    _Group(_PROPERTIES, _compute_properties),
    _Group(_numbered("PEOE_VSA", 14), rdMolDescriptors.PEOE_VSA_),
    _Group(_numbered("SMR_VSA", 10), rdMolDescriptors.SMR_VSA_),
    _Group(_numbered("SlogP_VSA", 12), rdMolDescriptors.SlogP_VSA_),
    _Group(_numbered("MQN", 42), rdMolDescriptors.MQNs_),
)

DESCRIPTORS = (*(name for group in _GROUPS for name in group.names), *_CRIPPEN, *BURDEN)
"""Their names, in the order of the columns."""


def describe(molecules: Sequence[tuple[Chem.Mol, Atoms]]) -> npt.NDArray[np.float32]:
    """Compute the descriptors of molecules, 0 where a molecule has none; (molecules, names)."""
    rows = [
        [
            *(value for group in _GROUPS for value in _of(group, molecule)),
            *(atoms.log_p.sum(), atoms.refractivity.sum()),
            *burden(atoms),
        ]
        for molecule, atoms in molecules
    ]
    return finite(np.array(rows, dtype=np.float64).reshape(len(rows), len(DESCRIPTORS)))


def finite(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Give numbers that surrogates can compute with: 0 for what is none, and none too large.

    They are rounded, so that the order in which a library adds shows nowhere.
    """
    bounded = np.clip(np.nan_to_num(numbers), -LARGEST, LARGEST)
    return (np.round(bounded, _DECIMALS) + 0.0).astype(np.float32)  # no -0


def _of(group: _Group, molecule: Chem.Mol) -> Iterable[float]:
    try:
        values = list(group.compute(molecule))
    except (ValueError, RuntimeError):  # an element or a shape that it does not know
        return [0.0] * len(group.names)
    return values
