"""The training set: molecules and the values they were simulated to have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from molsteer.shared.blobs.port import Arrays
from molsteer.shared.ml.molecules import read_graphs
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.trainer.errors import UnusableLabels


@dataclass(frozen=True, slots=True)
class LabelledMolecules:
    """Molecules with one value each.

    Attributes:
        value_eV: float64, shape (molecules,).
    """

    graphs: PackedGraphs
    value_eV: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.value_eV)

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> LabelledMolecules:
        """Take the training set out of named arrays: packed graphs and `value`.

        Raises:
            UnusableGraphs: If the molecules cannot be read.
            UnusableLabels: If the values cannot be read, or do not belong to the molecules.
        """
        graphs = read_graphs(arrays)
        value = arrays.get("value")
        if value is None or value.dtype not in (np.float32, np.float64):
            found = "missing" if value is None else f"of type {value.dtype}"
            raise UnusableLabels(f"the array 'value' is {found}.")
        if value.shape != (len(graphs),):
            raise UnusableLabels(f"{len(graphs)} molecules come with values {value.shape}.")
        if not np.isfinite(value).all():
            rows = np.flatnonzero(~np.isfinite(value))
            raise UnusableLabels(f"the values of rows {rows[:10].tolist()} are not finite.")
        return cls(graphs, value.astype(np.float64))
