"""How often patterns occur in molecules: environments of atoms, and pairs of atoms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.rdFingerprintGenerator import FingerprintGenerator64

from molsteer.shared.wire.arrays.features import Counts

_RADIUS = 2
"""Bonds from an atom to the rim of its environment."""

_CODES = 1 << 32
_MOST_COUNTED = np.iinfo(np.uint8).max
_MOST_ENTRIES = np.iinfo(np.uint16).max


def count_environments(molecules: Sequence[Chem.Mol]) -> Counts:
    """Count the environments of atoms, as Morgan fingerprints tell them apart."""
    return _counts(rdFingerprintGenerator.GetMorganGenerator(radius=_RADIUS), molecules)


def count_pairs(molecules: Sequence[Chem.Mol]) -> Counts:
    """Count the pairs of atoms and the bonds between them, as atom-pair fingerprints do."""
    return _counts(rdFingerprintGenerator.GetAtomPairGenerator(), molecules)


def _counts(generator: FingerprintGenerator64, molecules: Sequence[Chem.Mol]) -> Counts:
    found = [_of_molecule(generator, molecule) for molecule in molecules]
    together = np.array([entry for entries in found for entry in entries], dtype=np.int64)
    code, count = together.reshape(-1, 2).T
    return Counts(
        code=code.astype(np.uint32),
        count=np.minimum(count, _MOST_COUNTED).astype(np.uint8),
        entries=np.array([len(entries) for entries in found], dtype=np.uint16),
    )


def _of_molecule(generator: FingerprintGenerator64, molecule: Chem.Mol) -> list[tuple[int, int]]:
    counts: dict[int, int] = {}
    for code, count in generator.GetSparseCountFingerprint(molecule).GetNonzeroElements().items():
        counts[code % _CODES] = counts.get(code % _CODES, 0) + count
    return sorted(counts.items())[:_MOST_ENTRIES]
