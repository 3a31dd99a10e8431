"""Molecules spread over chemical space: k-means on their fingerprints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

_BITS = 1024
_RADIUS = 2
_ROUNDS = 20

Points = npt.NDArray[np.float32]


def representatives(smiles: Sequence[str], count: int, seed: int) -> list[int]:
    """Find clusters of similar molecules, and the molecule in the middle of each.

    It takes memory for 4 kB of each molecule, and the time of a few products of matrices; SciPy's
    k-means takes minutes where this takes seconds.

    Args:
        smiles: Valid SMILES.
        count: Clusters wanted.
        seed: Decides where the clusters begin.

    Returns:
        A place in `smiles` for each cluster, the largest cluster first; fewer than wanted if fewer
        molecules differ.

    Source:
        Lloyd's k-means, begun as k-means++ (Arthur and Vassilvitskii, 2007), on Morgan
        fingerprints (Rogers and Hahn, 2010).
    """
    if not smiles:
        return []
    points = _fingerprints(smiles)
    centres = points[_apart(points, count, np.random.default_rng(seed))]
    for _ in range(_ROUNDS):
        owners = _squares(points, centres).argmin(axis=1)
        moved = np.stack([_middle(points[owners == own], c) for own, c in enumerate(centres)])
        if np.array_equal(moved, centres):
            break
        centres = moved
    squares = _squares(points, centres)
    owners = squares.argmin(axis=1)
    sizes = np.bincount(owners, minlength=len(centres))
    largest_first = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]
    return [int(np.where(owners == own, squares[:, own], np.inf).argmin()) for own in largest_first]


def _fingerprints(smiles: Sequence[str]) -> Points:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=_RADIUS, fpSize=_BITS)
    points = np.empty((len(smiles), _BITS), dtype=np.float32)
    for row, text in enumerate(smiles):
        points[row] = generator.GetFingerprintAsNumPy(Chem.MolFromSmiles(text))
    return points


def _apart(points: Points, count: int, chance: np.random.Generator) -> list[int]:
    """Draw different points, each the more likely the farther it is from those drawn before."""
    drawn = [int(chance.integers(len(points)))]
    nearest = _squares(points, points[drawn])[:, 0]
    while len(drawn) < count and nearest.any():
        drawn.append(int(chance.choice(len(points), p=nearest / nearest.sum())))
        nearest = np.minimum(nearest, _squares(points, points[drawn[-1:]])[:, 0])
    return drawn


def _squares(points: Points, centres: Points) -> npt.NDArray[np.float64]:
    """Square the distances of all points, dimension 0, from all centres."""
    lengths = np.square(points).sum(axis=1)[:, None] + np.square(centres).sum(axis=1)
    squares: npt.NDArray[np.float64] = (lengths - 2 * points @ centres.T).astype(np.float64)
    return squares.clip(min=0.0)


def _middle(members: Points, otherwise: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return members.mean(axis=0) if len(members) else otherwise
