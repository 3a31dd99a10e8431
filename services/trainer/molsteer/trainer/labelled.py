"""The training set: molecules and the values they were simulated to have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from molsteer.shared.blobs.port import Arrays
from molsteer.shared.ml.molecules import read_graphs
from molsteer.shared.wire.arrays.features import Features
from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.trainer.errors import UnusableLabels

_NAMED = 10
"""Rows that one sentence names."""


@dataclass(frozen=True, slots=True)
class LabelledMolecules:
    """Molecules with at least one label each.

    Attributes:
        value: Labels in the units of the outputs, NaN where there is none, float64, shape
            (outputs, molecules).
        features: For surrogates that read them.
    """

    graphs: PackedGraphs
    value: npt.NDArray[np.float64]
    features: Features | None = None

    def __len__(self) -> int:
        return len(self.graphs)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which labels there are, shape (outputs, molecules)."""
        return ~np.isnan(self.value)

    @classmethod
    def from_arrays(cls, arrays: Arrays, outputs: int) -> LabelledMolecules:
        """Take the training set out of named arrays.

        Raises:
            UnusableGraphs: If the molecules cannot be read.
            UnusableLabels: If the values cannot be read, do not belong to the molecules, or leave
                one without any label.
        """
        graphs = read_graphs(arrays)
        try:
            labelled = LabelledGraphs.from_arrays(arrays, outputs)
        except ValueError as error:
            raise UnusableLabels(f"{error}.") from None
        value = labelled.value
        bare = np.flatnonzero(np.isnan(value).all(axis=0))
        if len(bare):
            raise UnusableLabels(f"the molecules of rows {bare[:_NAMED].tolist()} have no label.")
        return cls(graphs, value.astype(np.float64), labelled.features)

    def without(self, outputs: Collection[int]) -> LabelledMolecules:
        """Leave out the labels of some outputs; molecules stay, also those without any other."""
        value = self.value.copy()
        value[list(outputs)] = np.nan
        return replace(self, value=value)

    def shift(self, output: int, other: int) -> float:
        """Give what labels of two outputs of the same molecules differ by; 0 without any."""
        differences = self.value[output] - self.value[other]
        both = ~np.isnan(differences)
        return float(differences[both].mean()) if both.any() else 0.0
