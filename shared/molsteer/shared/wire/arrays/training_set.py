"""The molecules that an ensemble learns from, as steering writes and trainers read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.arrays.features import Features
from molsteer.shared.wire.graphs import PackedGraphs

_NAMED = 10
"""Rows that one sentence names."""


@dataclass(frozen=True, slots=True)
class LabelledGraphs:
    """Molecules and what is known of them.

    Attributes:
        graphs: The molecules.
        value: Labels in the units of the outputs, NaN where there is none, float32, shape
            (outputs, molecules).
        features: The molecules' features, if a surrogate reads them.
    """

    graphs: PackedGraphs
    value: npt.NDArray[np.float32]
    features: Features | None = None

    def __len__(self) -> int:
        return len(self.graphs)

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray[np.generic]], outputs: int
    ) -> LabelledGraphs:
        """Take a training set out of named arrays, checking that they fit together.

        Args:
            arrays: As `to_arrays` gives them.
            outputs: How many are to be learned.

        Raises:
            ValueError: If an array is missing or of another type or shape than described above, or
                a value is infinite; says why in a clause.
        """
        graphs = PackedGraphs.from_arrays(arrays)
        array = arrays.get("value")
        if array is None or array.dtype != np.float32:
            found = "missing" if array is None else f"of type {array.dtype}"
            raise ValueError(f"the array 'value' is {found}")
        if array.shape != (outputs, len(graphs)):
            raise ValueError(
                f"{outputs} outputs of {len(graphs)} molecules come with values of shape "
                f"{array.shape}"
            )
        value = array.view(np.float32)
        if (infinite := np.isinf(value).any(axis=0)).any():
            rows = np.flatnonzero(infinite)[:_NAMED].tolist()
            raise ValueError(f"the values of rows {rows} are not finite")
        features = Features.from_arrays(arrays) if Features.are_in(arrays) else None
        if features is not None and len(features) != len(graphs):
            raise ValueError(f"{len(graphs)} molecules come with features of {len(features)}")
        return cls(graphs, value, features)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Give the training set as named arrays, as `from_arrays` takes them."""
        features = self.features.to_arrays() if self.features else {}
        return {**self.graphs.to_arrays(), **features, "value": self.value}
