"""Features of molecules in packed arrays: what surrogates read that do not read graphs.

Counts are sparse, because a molecule has few of all the patterns there are; the rest is dense.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

FEATURES = 1
"""Version of what the numbers mean; raised whenever the same molecule would get others."""

_PREFIX = "features."
_NumberT = TypeVar("_NumberT", np.uint8, np.uint16, np.uint32, np.float32)


@dataclass(frozen=True, slots=True)
class Counts:
    """How often patterns occur in molecules, one molecule after the other.

    Attributes:
        code: Which pattern, ascending within a molecule, uint32, shape (entries,).
        count: How often, at least once, uint8, shape (entries,); more than 255 count as 255.
        entries: Different patterns of each molecule, uint16, shape (molecules,).
    """

    code: npt.NDArray[np.uint32]
    count: npt.NDArray[np.uint8]
    entries: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.entries)

    def take(self, rows: npt.NDArray[np.integer]) -> Counts:
        """Copy the molecules at the given rows, in their order; rows may repeat."""
        starts = np.concatenate([[0], np.cumsum(self.entries, dtype=np.int64)])[rows]
        lengths = self.entries[rows].astype(np.int64)
        before = np.cumsum(lengths) - lengths
        places = np.repeat(starts - before, lengths) + np.arange(lengths.sum(), dtype=np.int64)
        return Counts(self.code[places], self.count[places], self.entries[rows])


@dataclass(frozen=True, slots=True)
class Features:
    """Features of several molecules.

    Attributes:
        morgan: Environments of atoms up to two bonds away.
        pairs: Pairs of atoms and the bonds between them.
        descriptors: Descriptors of the whole molecule, float32, shape (molecules, descriptors).
        electronic: Autocorrelations of atomic properties over the bonds between atoms, and
            frontier levels, float32, shape (molecules, electronic).
    """

    morgan: Counts
    pairs: Counts
    descriptors: npt.NDArray[np.float32]
    electronic: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.descriptors)

    @staticmethod
    def are_in(arrays: Mapping[str, npt.NDArray[np.generic]]) -> bool:
        """Tell whether there are any features among named arrays."""
        return any(name.startswith(_PREFIX) for name in arrays)

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, npt.NDArray[np.generic]],
        rows: npt.NDArray[np.integer] | None = None,
    ) -> Features:
        """Take features out of named arrays, checking that they fit together.

        Args:
            arrays: As `to_arrays` gives them.
            rows: Molecules to copy, see `take`; nothing is read of the others.

        Raises:
            ValueError: If an array is missing or of another type or shape than described above, or
                a number is not finite; says why in a clause.
        """
        found = cls(
            morgan=_counts(arrays, "morgan"),
            pairs=_counts(arrays, "pairs"),
            descriptors=_numbers(arrays, "descriptors"),
            electronic=_numbers(arrays, "electronic"),
        )
        if not len(found.morgan) == len(found.pairs) == len(found.electronic) == len(found):
            raise ValueError("the arrays of features are not of the same molecules")
        if rows is not None:
            found = found.take(rows)
        for name in ("descriptors", "electronic"):
            if not np.isfinite(getattr(found, name)).all():
                raise ValueError(f"the features {name!r} are not all finite")
        return found

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Give the features as named arrays, as `from_arrays` takes them."""
        counts = {"morgan": self.morgan, "pairs": self.pairs}
        return {
            f"{_PREFIX}{name}.{field.name}": getattr(part, field.name)
            for name, part in counts.items()
            for field in fields(Counts)
        } | {
            f"{_PREFIX}descriptors": self.descriptors,
            f"{_PREFIX}electronic": self.electronic,
        }

    def take(self, rows: npt.NDArray[np.integer]) -> Features:
        """Copy the molecules at the given rows, in their order; rows may repeat."""
        return Features(
            self.morgan.take(rows),
            self.pairs.take(rows),
            self.descriptors[rows],
            self.electronic[rows],
        )


def join(parts: Sequence[Features]) -> Features:
    """Put features of molecules one behind the other; there must be one part at least."""
    return Features(
        _join_counts([part.morgan for part in parts]),
        _join_counts([part.pairs for part in parts]),
        np.concatenate([part.descriptors for part in parts]),
        np.concatenate([part.electronic for part in parts]),
    )


def _join_counts(parts: Sequence[Counts]) -> Counts:
    return Counts(
        np.concatenate([part.code for part in parts]),
        np.concatenate([part.count for part in parts]),
        np.concatenate([part.entries for part in parts]),
    )


def _counts(arrays: Mapping[str, npt.NDArray[np.generic]], name: str) -> Counts:
    counts = Counts(
        _typed(arrays, f"{name}.code", np.uint32),
        _typed(arrays, f"{name}.count", np.uint8),
        _typed(arrays, f"{name}.entries", np.uint16),
    )
    total = int(counts.entries.sum(dtype=np.int64))
    fits = counts.code.shape == counts.count.shape == (total,) and counts.entries.ndim == 1
    if not fits:
        raise ValueError(f"the counts of features {name!r} do not fit together")
    return counts


def _numbers(arrays: Mapping[str, npt.NDArray[np.generic]], name: str) -> npt.NDArray[np.float32]:
    numbers = _typed(arrays, name, np.float32)
    if numbers.ndim != 2:
        raise ValueError(f"the features {name!r} are no table")
    return numbers


def _typed(
    arrays: Mapping[str, npt.NDArray[np.generic]], name: str, kind: type[_NumberT]
) -> npt.NDArray[_NumberT]:
    array = arrays.get(f"{_PREFIX}{name}")
    if array is None or array.dtype != kind:
        found = "missing" if array is None else f"of type {array.dtype}"
        raise ValueError(f"the features {name!r} are {found}")
    return array.view(kind)
