"""SMILES to molecules that can be searched, or the reason why not."""

from __future__ import annotations

from enum import StrEnum

from rdkit import Chem

from molsteer.steering.space.inchi import is_inchi, read_inchi

MAX_HEAVY_ATOMS = 500
"""Far beyond what is simulated, and small enough for a task's SMILES."""

MAX_SMILES_LENGTH = 10_000
"""The longest SMILES that a simulation task carries."""


class Reason(StrEnum):
    """Why a row of the input is not in the space."""

    EMPTY = "no SMILES"
    UNPARSABLE = "not a SMILES"
    IMPOSSIBLE = "impossible valence or aromatic ring"
    SEVERAL_FRAGMENTS = "several fragments"
    TOO_LARGE = "too many atoms"
    WILDCARD = "an atom that is no element"
    TOO_MANY_CELLS = "more cells than headings"
    UNKNOWN_ELEMENT = "an element that the level of theory does not know"
    SINGLE_ATOM = "a single atom"
    TOO_FEW_ELECTRONS = "too few electrons to lose one"
    CHARGED = "charged"
    UNWANTED_CHARGE = "a charge that the filter leaves out"
    TOO_FEW_HEAVY_ATOMS = "fewer heavy atoms than the filter wants"
    TOO_MANY_HEAVY_ATOMS = "more heavy atoms than the filter wants"
    UNWANTED_ELEMENT = "an element that the filter leaves out"
    LACKS_PATTERN = "without a pattern that the filter wants"
    UNWANTED_PATTERN = "a pattern that the filter leaves out"
    HARD_TO_MAKE = "harder to make than the filter wants"
    DUPLICATE = "duplicate"


def read_molecule(smiles: str) -> Chem.Mol | Reason:
    """Parse and sanitize one SMILES or InChI; what comes back is one molecule of known elements.

    Numbers that map atoms are dropped. RDKit explains what it dislikes in its log; block that where
    many rows are read.
    """
    if not smiles:
        return Reason.EMPTY
    if len(smiles) > MAX_SMILES_LENGTH:
        return Reason.TOO_LARGE
    molecule = parse(smiles)
    if isinstance(molecule, Reason):
        return molecule
    heavy_atoms = molecule.GetNumHeavyAtoms()
    if heavy_atoms != molecule.GetNumAtoms() and _has_wildcard(molecule):
        return Reason.WILDCARD
    if heavy_atoms > MAX_HEAVY_ATOMS:
        return Reason.TOO_LARGE
    if "." in smiles and len(Chem.GetMolFrags(molecule)) > 1:
        return Reason.SEVERAL_FRAGMENTS
    return _unmapped(molecule) if ":" in smiles else molecule


def identity(molecule: Chem.Mol) -> str:
    """Name a molecule by its canonical isomeric SMILES.

    Two molecules are one only if they are computed alike: tautomers, zwitterions, isotopologues
    and stereoisomers, those of metals included, have names of their own.
    """
    return Chem.MolToSmiles(molecule)


def parse(smiles: str) -> Chem.Mol | Reason:
    """Parse and sanitize one SMILES or InChI, of one molecule or several."""
    if not smiles.isascii():  # RDKit takes no half of a surrogate pair, as JSON may have it
        return Reason.UNPARSABLE
    molecule = read_inchi(smiles) if is_inchi(smiles) else Chem.MolFromSmiles(smiles)
    if molecule is None:
        written_well = Chem.MolFromSmiles(smiles, sanitize=False) is not None
        return Reason.IMPOSSIBLE if written_well else Reason.UNPARSABLE
    return molecule


def _has_wildcard(molecule: Chem.Mol) -> bool:
    return any(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms())


def _unmapped(molecule: Chem.Mol) -> Chem.Mol:
    for atom in molecule.GetAtoms():
        atom.SetAtomMapNum(0)
    return Chem.RemoveHs(molecule)  # a number had kept them as atoms
