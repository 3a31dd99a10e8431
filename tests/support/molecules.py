"""Small organic molecules, and a value of theirs that a network can learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.arrays.features import Features
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.steering.space.features.featurizing import featurize_smiles
from molsteer.steering.space.featurize import featurize

_QM9 = Path(__file__).parents[2] / "examples" / "qm9.smi"


def some_molecules(count: int) -> PackedGraphs:
    """Take the first molecules of the QM9 sample."""
    return featurize(_first(count))


def additive_value(graphs: PackedGraphs) -> npt.NDArray[np.float64]:
    """Give each molecule 12, and 0.5 more for each oxygen, and less for each nitrogen."""
    shifts = 0.5 * (graphs.atoms[:, 0] == 8) - 0.5 * (graphs.atoms[:, 0] == 7)
    owners = np.repeat(np.arange(len(graphs)), graphs.atom_counts)
    return 12.0 + np.bincount(owners, weights=shifts, minlength=len(graphs))


def features_of(count: int) -> Features:
    """Compute the features of the molecules that `some_molecules` takes."""
    return featurize_smiles(_first(count))


def _first(count: int) -> list[str]:
    lines = _QM9.read_text(encoding="utf-8").splitlines()[:count]
    return [line.split()[0] for line in lines]
