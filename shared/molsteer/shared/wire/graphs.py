"""Molecular graphs in packed arrays: many small graphs, few arrays, no Python objects.

A pack holds the graphs of several molecules one after the other. Atoms are heavy atoms only; every
bond is stored once for each direction, next to each other. Indices in `bond_ends` count from the
first atom of their own molecule, so that packs can be cut and joined by copying. On disk, each bond
is there once: see `molsteer.shared.wire.arrays.thin_graphs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

ATOM_VOCABULARY = (128, 8, 8, 8, 2, 8, 2)
"""Sizes of the atom columns: atomic number, heavy neighbours, formal charge + 4, attached
hydrogens, aromatic, hybridization (RDKit's order), in a ring."""

BOND_VOCABULARY = (8, 2, 2)
"""Sizes of the bond columns: order (1 single, 2 double, 3 triple, 4 aromatic, 0 other),
conjugated, in a ring."""


@dataclass(frozen=True, slots=True)
class PackedGraphs:
    """Several molecular graphs as arrays.

    Attributes:
        atoms: Codes of each atom, uint8, shape (atoms, len(ATOM_VOCABULARY)).
        bonds: Codes of each directed bond, uint8, shape (bonds, len(BOND_VOCABULARY)).
        bond_ends: Source and target of each directed bond, counted inside its own molecule,
            uint16, shape (bonds, 2).
        atom_counts: Atoms of each molecule, uint16, shape (molecules,).
        bond_counts: Directed bonds of each molecule, uint16, shape (molecules,).
    """

    atoms: npt.NDArray[np.uint8]
    bonds: npt.NDArray[np.uint8]
    bond_ends: npt.NDArray[np.uint16]
    atom_counts: npt.NDArray[np.uint16]
    bond_counts: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.atom_counts)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> PackedGraphs:
        """Take the pack out of named arrays, checking that they fit together.

        Raises:
            ValueError: If an array is missing, or of another type or shape than described above.
        """
        pack = cls(
            atoms=typed(arrays, "atoms", np.uint8),
            bonds=typed(arrays, "bonds", np.uint8),
            bond_ends=typed(arrays, "bond_ends", np.uint16),
            atom_counts=typed(arrays, "atom_counts", np.uint16),
            bond_counts=typed(arrays, "bond_counts", np.uint16),
        )
        fits = (
            pack.atoms.shape == (int(pack.atom_counts.sum(dtype=np.int64)), len(ATOM_VOCABULARY))
            and pack.bonds.shape
            == (int(pack.bond_counts.sum(dtype=np.int64)), len(BOND_VOCABULARY))
            and pack.bond_ends.shape == (len(pack.bonds), 2)
            and pack.bond_counts.shape == pack.atom_counts.shape == (pack.atom_counts.size,)
        )
        if not fits:
            raise ValueError("The arrays of a pack of graphs do not fit together.")
        return pack

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Give the pack as named arrays, as `from_arrays` takes them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def take(self, rows: npt.NDArray[np.integer]) -> PackedGraphs:
        """Copy the molecules at the given rows, in their order; rows may repeat."""
        atom_rows = _ranges(self.atom_counts, rows)
        bond_rows = _ranges(self.bond_counts, rows)
        return PackedGraphs(
            atoms=self.atoms[atom_rows],
            bonds=self.bonds[bond_rows],
            bond_ends=self.bond_ends[bond_rows],
            atom_counts=self.atom_counts[rows],
            bond_counts=self.bond_counts[rows],
        )


def join(packs: Sequence[PackedGraphs]) -> PackedGraphs:
    """Put packs one behind the other."""
    return PackedGraphs(
        **{
            field.name: np.concatenate([getattr(pack, field.name) for pack in packs])
            for field in fields(PackedGraphs)
        }
    )


_IntegerT = TypeVar("_IntegerT", np.uint8, np.uint16)


def typed(
    arrays: Mapping[str, npt.NDArray[np.generic]], name: str, kind: type[_IntegerT]
) -> npt.NDArray[_IntegerT]:
    """Give one of named arrays.

    Raises:
        ValueError: If it is missing, or of another type.
    """
    array = arrays.get(name)
    if array is None or array.dtype != kind:
        found = "missing" if array is None else str(array.dtype)
        raise ValueError(f"The array {name!r} of a pack of graphs is {found}, not {kind.__name__}.")
    return array.view(kind)


def _ranges(counts: npt.NDArray[np.uint16], rows: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Positions that the given rows occupy in an array holding `counts[i]` entries for row i."""
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])[rows]
    lengths = counts[rows].astype(np.int64)
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum(), dtype=np.int64)
