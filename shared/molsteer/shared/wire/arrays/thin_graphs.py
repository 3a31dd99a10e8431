"""Packed graphs in a third of the room, as the chunks of a search space hold them.

Each bond is there once, an atom has three bytes and a bond one; its ends have one byte each where
no molecule has more than 256 atoms.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.graphs import ATOM_VOCABULARY, BOND_VOCABULARY, PackedGraphs, typed

_ATOM_BYTES = 3
_Arrays = Mapping[str, npt.NDArray[np.generic]]


def thin(graphs: PackedGraphs) -> dict[str, npt.NDArray[np.generic]]:
    """Write graphs into few bytes, as `graphs_in` reads them.

    Args:
        graphs: Of which each bond stands next to itself in the other direction.
    """
    atoms = _number(graphs.atoms, ATOM_VOCABULARY).astype("<u4")
    ends = graphs.bond_ends[::2]
    narrow = np.uint8 if not ends.size or ends.max() <= np.iinfo(np.uint8).max else np.uint16
    return {
        "atom_codes": np.ascontiguousarray(atoms.view(np.uint8).reshape(-1, 4)[:, :_ATOM_BYTES]),
        "bond_codes": _number(graphs.bonds[::2], BOND_VOCABULARY).astype(np.uint8),
        "bond_pairs": np.ascontiguousarray(ends, dtype=narrow),
        "atom_counts": graphs.atom_counts,
        "pair_counts": graphs.bond_counts // 2,
    }


def graphs_in(arrays: _Arrays) -> PackedGraphs:
    """Take graphs out of named arrays, as `thin` or `PackedGraphs.to_arrays` gives them.

    Raises:
        ValueError: If an array is missing, of another type or shape, or holds what is no code.
    """
    if "atom_codes" not in arrays:
        return PackedGraphs.from_arrays(arrays)
    codes, pairs = typed(arrays, "atom_codes", np.uint8), arrays.get("bond_pairs")
    if pairs is None or pairs.dtype != np.uint16:
        pairs = typed(arrays, "bond_pairs", np.uint8)
    ends = pairs.astype(np.uint16)
    if codes.shape[1:] != (_ATOM_BYTES,) or ends.shape[1:] != (2,):
        raise ValueError("The arrays of a pack of graphs do not fit together.")
    numbers = np.zeros((len(codes), 4), dtype=np.uint8)
    numbers[:, :_ATOM_BYTES] = codes
    bonds = _columns(typed(arrays, "bond_codes", np.uint8), BOND_VOCABULARY, "bond_codes")
    both = np.concatenate([ends, ends[:, ::-1]], axis=1).reshape(-1, 2)
    return PackedGraphs.from_arrays(
        {
            "atoms": _columns(numbers.view("<u4")[:, 0], ATOM_VOCABULARY, "atom_codes"),
            "bonds": np.repeat(bonds, 2, axis=0),
            "bond_ends": both,
            "atom_counts": typed(arrays, "atom_counts", np.uint16),
            "bond_counts": typed(arrays, "pair_counts", np.uint16) * np.uint16(2),
        }
    )


def _number(codes: npt.NDArray[np.uint8], sizes: tuple[int, ...]) -> npt.NDArray[np.uint32]:
    """Make one number of the codes of each row, the first one counting most."""
    numbers = np.zeros(len(codes), dtype=np.uint32)
    for column, size in zip(codes.T, sizes, strict=True):
        numbers = numbers * np.uint32(size) + column
    return numbers


def _columns(
    numbers: npt.NDArray[np.integer], sizes: tuple[int, ...], name: str
) -> npt.NDArray[np.uint8]:
    """Take such numbers apart again."""
    columns = np.empty((len(numbers), len(sizes)), dtype=np.uint8)
    left = numbers.astype(np.uint32)
    for place in reversed(range(len(sizes))):
        left, columns[:, place] = np.divmod(left, np.uint32(sizes[place]))
    if left.any():
        raise ValueError(f"The array {name!r} of a pack of graphs holds what is no code.")
    return columns
