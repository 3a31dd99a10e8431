"""Molecules to packed graphs: RDKit read column by column, never atom by atom."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from rdkit import Chem, rdBase

from molsteer.shared.wire.graphs import ATOM_VOCABULARY, BOND_VOCABULARY, PackedGraphs
from molsteer.steering.space.errors import UnusableMolecule
from molsteer.steering.space.molecules import Reason, read_molecule

_ATOM_COLUMNS: tuple[Callable[[Chem.Atom], int], ...] = (
    Chem.Atom.GetAtomicNum,
    Chem.Atom.GetFormalCharge,
    Chem.Atom.GetTotalNumHs,
    Chem.Atom.GetHybridization,
    Chem.Atom.IsInRing,
)
"""What has to be asked of each atom; its bonds tell the rest."""

_CHARGE_OFFSET = 4

_BOND_COLUMNS: tuple[Callable[[Chem.Bond], float], ...] = (
    Chem.Bond.GetBeginAtomIdx,
    Chem.Bond.GetEndAtomIdx,
    Chem.Bond.GetBondTypeAsDouble,
    Chem.Bond.GetIsConjugated,
    Chem.Bond.IsInRing,
)
_AROMATIC = 1.5
_ORDER_CODES = np.array([0, 0, 1, 4, 2, 0, 3, 0], dtype=np.uint8)
"""Code of each bond order, by twice the order."""


def featurize(smiles: Sequence[str]) -> PackedGraphs:
    """Turn SMILES into packed graphs, one for each, in their order.

    Raises:
        UnusableMolecule: At the first SMILES that gives no graph.
    """
    graphs, reasons = featurize_rows(smiles)
    for row, reason in enumerate(reasons):
        if reason is not None:
            raise UnusableMolecule(row, smiles[row], reason)
    return graphs


def featurize_rows(smiles: Sequence[str]) -> tuple[PackedGraphs, list[Reason | None]]:
    """Turn those SMILES that can be used into packed graphs.

    Returns:
        The graphs of the usable rows, in their order, and for each row None where it was usable,
        else the reason why not.
    """
    with rdBase.BlockLogs():
        found = [read_molecule(text) for text in smiles]
        graphs = pack([molecule for molecule in found if not isinstance(molecule, Reason)])
    return graphs, [item if isinstance(item, Reason) else None for item in found]


def pack(molecules: Sequence[Chem.Mol]) -> PackedGraphs:
    """Write the heavy-atom graphs of sanitized molecules into arrays.

    Codes beyond their vocabulary take its last value. Dative bonds count as single.
    """
    molecules = [without_hydrogens(molecule) for molecule in molecules]
    atom_columns: tuple[list[int], ...] = tuple([] for _ in _ATOM_COLUMNS)
    bond_columns: tuple[list[float], ...] = tuple([] for _ in _BOND_COLUMNS)
    for molecule in molecules:
        atoms_of = list(map(molecule.GetAtomWithIdx, range(molecule.GetNumAtoms())))
        for atom_column, atom_code in zip(atom_columns, _ATOM_COLUMNS, strict=True):
            atom_column.extend(map(atom_code, atoms_of))
        bonds_of = list(map(molecule.GetBondWithIdx, range(molecule.GetNumBonds())))
        for bond_column, bond_code in zip(bond_columns, _BOND_COLUMNS, strict=True):
            bond_column.extend(map(bond_code, bonds_of))
    atom_counts = np.array([molecule.GetNumAtoms() for molecule in molecules], dtype=np.uint16)
    bond_counts = np.array([molecule.GetNumBonds() for molecule in molecules], dtype=np.uint16)
    number, charge, hydrogens, hybridization, in_ring = np.array(atom_columns, dtype=np.int16)
    begin, end, order, conjugated, bond_in_ring = np.array(bond_columns, dtype=np.float64)
    ends = np.array([begin, end], dtype=np.uint16).T
    first_atoms = np.cumsum(atom_counts, dtype=np.int64) - atom_counts
    at_bonds = ends + np.repeat(first_atoms, bond_counts)[:, None]
    degree = np.bincount(at_bonds.ravel(), minlength=len(number))
    aromatic = np.zeros(len(number), dtype=np.bool_)
    aromatic[at_bonds[order == _AROMATIC]] = True
    charge += _CHARGE_OFFSET
    atoms = np.array([number, degree, charge, hydrogens, aromatic, hybridization, in_ring])
    bonds_once = np.array([_order_codes(order), conjugated, bond_in_ring])
    return PackedGraphs(
        atoms=_codes(atoms, ATOM_VOCABULARY),
        bonds=np.repeat(_codes(bonds_once, BOND_VOCABULARY), 2, axis=0),
        bond_ends=_both_directions(ends),
        atom_counts=atom_counts,
        bond_counts=bond_counts * np.uint16(2),
    )


def without_hydrogens(molecule: Chem.Mol) -> Chem.Mol:
    """Drop the hydrogens that parsing keeps as atoms, such as deuterium, unless all are such."""
    if molecule.GetNumHeavyAtoms() in (0, molecule.GetNumAtoms()):
        return molecule
    return Chem.RemoveAllHs(molecule)


def _codes(columns: npt.NDArray[np.number], sizes: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Put codes of a vocabulary side by side."""
    codes = np.clip(columns.T, 0, np.array(sizes) - 1)
    return np.ascontiguousarray(codes, dtype=np.uint8)


def _order_codes(orders: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    return _ORDER_CODES[np.minimum(2 * orders, len(_ORDER_CODES) - 1).astype(np.intp)]


def _both_directions(ends: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    return np.ascontiguousarray(np.concatenate([ends, ends[:, ::-1]], axis=1).reshape(-1, 2))
