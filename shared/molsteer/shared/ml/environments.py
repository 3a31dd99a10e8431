"""Molecules as the network tells their atoms apart: what is alike is computed once.

After r rounds an atom holds what its surroundings up to r bonds away decide, and nothing else. In
ten thousand drug-like molecules, one atom in a hundred has surroundings of its own one bond away,
one in thirteen two bonds away, and one in five three bonds away.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from molsteer.shared.ml.batch import BOND_KINDS, collate
from molsteer.shared.wire.graphs import PackedGraphs

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


class Surroundings(NamedTuple):
    """A round of messages between environments, each of which stands for all that are alike.

    Attributes:
        centres: What the centre of each environment was before the round, shape (environments,).
        sources: What sends each message, shape (messages,).
        bond_kinds: Row of the bond table that each message goes along, likewise.
        received: The messages that environments receive, one environment after the other.
        first_received: Where those of each environment begin, shape (environments,).
    """

    centres: Tensor
    sources: Tensor
    bond_kinds: Tensor
    received: Tensor
    first_received: Tensor

    def at_centres(self, atoms: Tensor) -> Tensor:
        """Give each environment what its centre holds: (members, before, width) -> likewise."""
        return atoms.index_select(1, self.centres)

    def collect(self, messages: Tensor) -> Tensor:
        """Add up what each environment receives: (members, messages, width) -> likewise."""
        return _sums(messages, self.received, self.first_received)


class Environments(NamedTuple):
    """What the network reads of molecules, as `batch.GraphBatch`, with what is alike only once.

    Attributes:
        atom_codes: Rows of the atom table that make up each kind of atom, shape (kinds, columns).
        rounds: From what atoms are to what is around them, one bond further each time.
        atoms: The environment of each atom after the last round, shape (atoms,).
        first_atoms: Where those of each molecule begin, shape (molecules,).
        atom_counts: Atoms of each molecule, float32, shape (molecules,).
    """

    atom_codes: Tensor
    rounds: tuple[Surroundings, ...]
    atoms: Tensor
    first_atoms: Tensor
    atom_counts: Tensor

    def round(self, number: int) -> Surroundings:
        """Give what a round of messages goes along."""
        return self.rounds[number]

    def over_molecules(self, atoms: Tensor) -> Tensor:
        """Add up what the atoms of each molecule hold."""
        return _sums(atoms, self.atoms, self.first_atoms)


def environments(graphs: PackedGraphs, rounds: int) -> Environments:
    """Find out which atoms are alike, at least as far as so many rounds of messages tell.

    What is around an atom is told apart by a number of 64 bits. That two of a million are taken
    for one has a probability of 3e-8.
    """
    batch = collate(graphs)
    codes = batch.atom_codes.numpy()
    (sources, targets), kinds = batch.bond_ends.numpy(), batch.bond_kinds.numpy()
    order = np.argsort(targets, kind="stable")
    sources, kinds = sources[order], kinds[order]
    counts = np.bincount(targets, minlength=len(codes))
    firsts = np.cumsum(counts) - counts

    examples, alike = _distinct(_hash_of_rows(codes))
    atom_codes = torch.from_numpy(codes[examples])
    around = []
    for _ in range(rounds):
        sent = alike[sources] * BOND_KINDS + kinds
        hashes = _mixed(_mixed(alike) + _sum_of_runs(_mixed(sent + len(alike)), firsts, counts))
        examples, after = _distinct(hashes)
        around.append(_surroundings(alike, sent, firsts, counts, examples))
        alike = after
    atom_counts = graphs.atom_counts.astype(np.int64)
    return Environments(
        atom_codes=atom_codes,
        rounds=tuple(around),
        atoms=torch.from_numpy(alike),
        first_atoms=torch.from_numpy(np.cumsum(atom_counts) - atom_counts),
        atom_counts=batch.atom_counts,
    )


def _surroundings(
    alike: Ints, sent: Ints, firsts: Ints, counts: Ints, examples: Ints
) -> Surroundings:
    """Write down what the atoms that are examples of an environment receive."""
    lengths = counts[examples]
    begins = np.cumsum(lengths) - lengths
    received = sent[np.repeat(firsts[examples] - begins, lengths) + np.arange(lengths.sum())]
    messages, places = np.unique(received, return_inverse=True)
    return Surroundings(
        centres=torch.from_numpy(alike[examples]),
        sources=torch.from_numpy(messages // BOND_KINDS),
        bond_kinds=torch.from_numpy(messages % BOND_KINDS),
        received=torch.from_numpy(places),
        first_received=torch.from_numpy(begins),
    )


def _sums(rows: Tensor, entries: Tensor, firsts: Tensor) -> Tensor:
    """Add up runs of entries of each member's rows; a run may be empty."""
    return torch.stack(
        [functional.embedding_bag(entries, own, firsts, mode="sum") for own in rows.unbind()]
    )


def _distinct(hashes: Hashes) -> tuple[Ints, Ints]:
    """Give an example of each number, and for each entry which of these it is."""
    order = np.argsort(hashes)
    ordered = hashes[order]
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    alike = np.empty(len(ordered), dtype=np.int64)
    alike[order] = np.cumsum(new) - 1
    return order[new], alike


def _hash_of_rows(codes: Ints) -> Hashes:
    hashes = np.zeros(len(codes), dtype=np.uint64)
    for column in codes.T:
        hashes = _mixed(hashes + column.astype(np.uint64))
    return hashes


def _sum_of_runs(hashes: Hashes, firsts: Ints, counts: Ints) -> Hashes:
    """Add up runs of entries, modulo 2**64, so that their order does not matter."""
    sums = np.concatenate([[np.uint64(0)], np.cumsum(hashes, dtype=np.uint64)])
    total: Hashes = sums[firsts + counts] - sums[firsts]
    return total


def _mixed(numbers: Ints | Hashes) -> Hashes:
    """Make of different numbers numbers that differ in every bit.

    Source:
        The last step of MurmurHash3, with the constants of Stafford's variant 13.
    """
    mixed = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed
