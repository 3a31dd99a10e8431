"""The best molecules of a chunk of the space, as inferencers write and steering reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows of a chunk, best first, and what is predicted of them.

    Attributes:
        row: Rows in the chunk, int64, shape (n,).
        score: What the acquisition gives them, float32, shape (n,).
        mean: Predicted values in the units of the outputs, float32, shape (outputs, n).
        spread: Of the members around the mean, likewise.
    """

    row: npt.NDArray[np.int64]
    score: npt.NDArray[np.float32]
    mean: npt.NDArray[np.float32]
    spread: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray[np.generic]], outputs: int, molecules: int
    ) -> Candidates:
        """Take candidates out of named arrays, and believe nothing unchecked.

        Args:
            arrays: As `to_arrays` gives them.
            outputs: How many are predicted.
            molecules: How many rows the chunk has.

        Raises:
            ValueError: If an array is missing or of another type or shape than described above, a
                number is not finite, or a row is not of the chunk or comes twice; says why in a
                clause.
        """
        rows = arrays.get("row")
        if rows is None or rows.dtype != np.int64 or rows.ndim != 1:
            raise ValueError("its candidates have no rows")
        row = rows.view(np.int64)
        found = cls(
            row=row,
            score=_numbers(arrays, "score", (len(row),)),
            mean=_numbers(arrays, "mean", (outputs, len(row))),
            spread=_numbers(arrays, "spread", (outputs, len(row))),
        )
        if ((row < 0) | (row >= molecules)).any() or len(np.unique(row)) < len(row):
            raise ValueError("its candidates are not rows of the chunk")
        return found

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Give them as named arrays, as `from_arrays` takes them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _numbers(
    arrays: Mapping[str, npt.NDArray[np.generic]], name: str, shape: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    array = arrays.get(name)
    if array is None or array.dtype != np.float32:
        raise ValueError(f"its candidates come without {name}")
    if array.shape != shape:
        raise ValueError(f"the {name} of its candidates has the shape {array.shape}, not {shape}")
    if not np.isfinite(array.view(np.float32)).all():
        raise ValueError(f"a {name} of its candidates is not a number")
    return array.view(np.float32)
