"""Packed graphs as the tensors of one batch: all molecules as one graph of many parts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from molsteer.shared.wire.graphs import ATOM_VOCABULARY, BOND_VOCABULARY, PackedGraphs


class GraphBatch(NamedTuple):
    """Molecules side by side, with atoms counted through the whole batch.

    Attributes:
        atom_codes: Rows of the atom table that make up each atom, int64, shape (atoms, columns).
        bond_ends: Source and target of each directed bond, int64, shape (2, bonds).
        bond_kinds: Row of the bond table of each directed bond, int64, shape (bonds,).
        molecule_of_atom: The molecule that each atom belongs to, int64, shape (atoms,).
        atom_counts: Atoms of each molecule, float32, shape (molecules,).
    """

    atom_codes: Tensor
    bond_ends: Tensor
    bond_kinds: Tensor
    molecule_of_atom: Tensor
    atom_counts: Tensor

    def round(self, _number: int) -> GraphBatch:
        """Give what a round of messages goes along, which is the same bonds each time."""
        return self

    def at_centres(self, atoms: Tensor) -> Tensor:
        """Give each atom what it holds: (members, atoms, width), as it is."""
        return atoms

    def collect(self, messages: Tensor) -> Tensor:
        """Add up what each atom receives: (members, bonds, width) -> (members, atoms, width)."""
        return _sums(messages, self.bond_ends[1], len(self.molecule_of_atom))

    def over_molecules(self, atoms: Tensor) -> Tensor:
        """Add up what the atoms of each molecule hold: -> (members, molecules, width)."""
        return _sums(atoms, self.molecule_of_atom, len(self.atom_counts))

    def to(self, device: torch.device) -> GraphBatch:
        """Copy the batch to a device."""
        return GraphBatch(*(tensor.to(device, non_blocking=True) for tensor in self))


ATOM_CODES = sum(ATOM_VOCABULARY)
"""Rows of the atom table: the codes of all columns, one column after the other."""

BOND_KINDS = int(np.prod(BOND_VOCABULARY))
"""Rows of the bond table: every combination of the columns' codes."""


def collate(graphs: PackedGraphs) -> GraphBatch:
    """Turn a pack into one batch; codes beyond their vocabulary take its last value."""
    atom_counts = graphs.atom_counts.astype(np.int64)
    first_atoms = np.cumsum(atom_counts) - atom_counts
    first_codes = np.cumsum(ATOM_VOCABULARY) - ATOM_VOCABULARY
    atoms = np.minimum(graphs.atoms, np.array(ATOM_VOCABULARY) - 1) + first_codes
    bonds = np.minimum(graphs.bonds, np.array(BOND_VOCABULARY) - 1)
    ends = graphs.bond_ends + np.repeat(first_atoms, graphs.bond_counts)[:, None]
    return GraphBatch(
        atom_codes=torch.from_numpy(atoms),
        bond_ends=torch.from_numpy(np.ascontiguousarray(ends.T)),
        bond_kinds=torch.from_numpy(np.ravel_multi_index(tuple(bonds.T), BOND_VOCABULARY)),
        molecule_of_atom=torch.from_numpy(np.repeat(np.arange(len(graphs)), atom_counts)),
        atom_counts=torch.from_numpy(atom_counts.astype(np.float32)),
    )


def _sums(rows: Tensor, groups: Tensor, count: int) -> Tensor:
    """Add the rows of each group: (members, rows, width) -> (members, count, width)."""
    sums = rows.new_zeros(rows.shape[0], count, rows.shape[2])
    return sums.index_add_(1, groups, rows)
