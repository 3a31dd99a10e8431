"""Molecules from InChIs and InChIKeys from molecules.

A standard InChI does not say where hydrogens are that may move from one atom to another, and RDKit
puts them where InChI's own numbering comes first: amides come out as imidic acids.
"""

from __future__ import annotations

from functools import cache

from rdkit import Chem, rdBase
from rdkit.Chem import rdinchi


def is_inchi(text: str) -> bool:
    """Tell an InChI from a SMILES."""
    return text.startswith("InChI=")


def leaves_hydrogens_open(text: str) -> bool:
    """Tell whether a text is an InChI that shares hydrogens among several atoms."""
    return is_inchi(text) and "(H" in text


def read_inchi(inchi: str) -> Chem.Mol | None:
    """Draw the molecule of an InChI, with amides as amides; None if there is none."""
    try:
        drawn: Chem.Mol | None = rdinchi.InchiToMol(inchi)[0]
    except ValueError:  # what it says cannot be
        return None
    if drawn is None:
        return None
    molecule = _with_amides(drawn) if leaves_hydrogens_open(inchi) else drawn
    # Read once more, to come to the same molecule as a SMILES does.
    return Chem.MolFromSmiles(Chem.MolToSmiles(molecule))


def inchikey(smiles: str) -> str:
    """Give the standard InChIKey of a molecule to look it up elsewhere; empty where it has none.

    Tautomers share it, so it is no identity here.
    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        return "" if molecule is None else str(rdinchi.MolToInchiKey(molecule))


def _with_amides(molecule: Chem.Mol) -> Chem.Mol:
    changed = Chem.RWMol(molecule)
    while match := changed.GetSubstructMatch(_imidic_acid()):
        oxygen, carbon, nitrogen = match
        changed.GetBondBetweenAtoms(oxygen, carbon).SetBondType(Chem.BondType.DOUBLE)
        bond = changed.GetBondBetweenAtoms(carbon, nitrogen)
        bond.SetBondType(Chem.BondType.SINGLE)
        bond.SetStereo(Chem.BondStereo.STEREONONE)
        for moved in (oxygen, nitrogen):
            atom = changed.GetAtomWithIdx(moved)
            atom.SetNoImplicit(False)
            atom.SetNumExplicitHs(0)
        changed.UpdatePropertyCache(strict=False)
    return changed


@cache
def _imidic_acid() -> Chem.Mol:
    return Chem.MolFromSmarts("[OX2H1+0]-[C;!a]=[NX2+0;!a]")
