"""From SMILES to the molecule that is computed: atoms in a fixed order, charge, spin, bonds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np
import numpy.typing as npt
from rdkit import Chem, rdBase

from molsteer.shared.wire import levels
from molsteer.shared.wire.levels import GFN2_XTB, Limit, Limits
from molsteer.simulator.errors import BadSmiles, StateName, UnsupportedElement

Positions = npt.NDArray[np.float64]
"""Cartesian coordinates of a molecule's atoms in bohr, shape (atoms, 3)."""


@dataclass(frozen=True, slots=True)
class ElectronicState:
    """How many electrons there are, and how many of them are unpaired.

    Attributes:
        charge: In elementary charges.
        unpaired: How many electrons have no partner.
    """

    name: StateName
    charge: int
    unpaired: int

    @property
    def multiplicity(self) -> int:
        """Of the spin: 1 is a singlet, 2 a doublet, 3 a triplet."""
        return self.unpaired + 1


@dataclass(frozen=True, slots=True)
class Species:
    """One connected molecule; equal molecules give equal species, whatever their SMILES.

    Attributes:
        smiles: Canonical SMILES.
        inchikey: Standard InChIKey, which tautomers share; empty where InChI knows no molecule.
        molecule: RDKit molecule with explicit hydrogens; its atom order is the order everywhere.
    """

    smiles: str
    inchikey: str
    molecule: Chem.Mol

    @property
    def numbers(self) -> npt.NDArray[np.int32]:
        """Atomic numbers, shape (atoms,)."""
        return np.array([atom.GetAtomicNum() for atom in self.molecule.GetAtoms()], dtype=np.int32)

    @property
    def symbols(self) -> list[str]:
        """Element symbols in atom order."""
        return [atom.GetSymbol() for atom in self.molecule.GetAtoms()]


def read_species(smiles: str, limits: Limits = GFN2_XTB) -> Species:
    """Read a SMILES string.

    Args:
        smiles: The molecule.
        limits: What the level of theory can take.

    Raises:
        BadSmiles: If it is not valid, or does not name one molecule of two atoms or more.
        UnsupportedElement: If an element has no parameters.
    """
    with rdBase.BlockLogs():
        molecule = _parse(smiles)
        for atom in molecule.GetAtoms():
            atom.SetAtomMapNum(0)
        canonical = Chem.MolToSmiles(Chem.RemoveHs(molecule))  # a number had kept them as atoms
        _check_parts(smiles, canonical)
        complete = Chem.AddHs(Chem.MolFromSmiles(canonical))
        _check_atoms(smiles, complete, limits)
        inchikey = Chem.MolToInchiKey(complete)  # type: ignore[no-untyped-call]
        return Species(canonical, inchikey, complete)


def outer_electrons(molecule: Chem.Mol) -> int:
    """Count the electrons of a molecule that GFN2-xTB counts.

    Those of closed shells are no part of it, nor those in f orbitals: a lanthanide has three.
    """
    numbers = [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
    outer = Chem.GetPeriodicTable().GetNOuterElecs
    return levels.outer_electrons(numbers, int(Chem.GetFormalCharge(molecule)), outer)


def has_f_electrons(molecule: Chem.Mol) -> bool:
    """Tell whether a molecule may have electrons that GFN2-xTB does not count."""
    return any(atom.GetAtomicNum() in levels.LANTHANIDES for atom in molecule.GetAtoms())


def _parse(smiles: str) -> Chem.Mol:
    if smiles.split() != [smiles]:  # RDKit would read a name or an extension behind the space
        raise BadSmiles(smiles, "it is empty or contains spaces. Give the SMILES alone.")
    unchecked = Chem.MolFromSmiles(smiles, sanitize=False) if smiles.isascii() else None
    if unchecked is None:
        raise BadSmiles(smiles, "it is not valid SMILES. Check its brackets and rings.")
    try:
        found = Chem.DetectChemistryProblems(unchecked)
    except RuntimeError:  # RDKit counts an atom's hydrogens in a byte
        raise BadSmiles(smiles, "an atom has too many hydrogens. Mend or remove it.") from None
    problems = "; ".join(problem.Message() for problem in found)
    if problems:
        raise BadSmiles(smiles, f"its chemistry is impossible ({problems}). Mend or remove it.")
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise BadSmiles(smiles, "its aromatic rings are impossible. Mend or remove it.")
    return molecule


def _check_parts(smiles: str, canonical: str) -> None:
    parts = canonical.split(".")
    if len(parts) > 1:
        raise BadSmiles(
            smiles,
            f"it names {len(parts)} separate molecules ({', '.join(parts)}). "
            f"Give one connected molecule; of a salt, the part that matters.",
        )


def _check_atoms(smiles: str, molecule: Chem.Mol, limits: Limits) -> None:
    numbers = [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
    match limits.exceeded(numbers, outer_electrons(molecule)):
        case Limit.ELEMENTS:
            table = Chem.GetPeriodicTable()
            unknown = next(number for number in numbers if not limits.knows(number))
            last = table.GetElementName(limits.heaviest).lower()
            raise UnsupportedElement(smiles, table.GetElementSymbol(unknown), last)
        case Limit.ATOMS:
            reason = "it has fewer than two atoms, so there is no geometry to relax."
            raise BadSmiles(smiles, reason)
        case Limit.ELECTRONS:
            raise BadSmiles(smiles, "it has fewer than two electrons, so its cation has none.")
        case None:
            return
        case exceeded:
            assert_never(exceeded)
