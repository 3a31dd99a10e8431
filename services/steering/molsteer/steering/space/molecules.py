"""SMILES to molecules that can be searched, or the reason why not."""

from __future__ import annotations

from enum import StrEnum

from rdkit import Chem
from rdkit.Chem import rdinchi

MAX_HEAVY_ATOMS = 500
"""Far beyond what is simulated, and small enough for an InChI and for a task's SMILES."""

MAX_SMILES_LENGTH = 10_000
"""The longest SMILES that a simulation task carries."""


class Reason(StrEnum):
    """Why a row of the input is not in the space."""

    EMPTY = "no SMILES"
    UNPARSABLE = "not a SMILES"
    IMPOSSIBLE = "impossible valence or aromatic ring"
    NO_HEAVY_ATOM = "no heavy atom"
    SEVERAL_FRAGMENTS = "several fragments"
    TOO_LARGE = "too many atoms"
    WILDCARD = "an atom that is no element"
    NO_INCHI = "no InChIKey"
    TOO_MANY_CELLS = "more cells than headings"
    DUPLICATE = "duplicate"


def read_molecule(smiles: str) -> Chem.Mol | Reason:
    """Parse and sanitize one SMILES or InChI; what comes back is one molecule of known elements.

    RDKit explains what it dislikes in its log; block that where many rows are read.
    """
    if not smiles:
        return Reason.EMPTY
    if len(smiles) > MAX_SMILES_LENGTH:
        return Reason.TOO_LARGE
    molecule = _parse(smiles)
    if isinstance(molecule, Reason):
        return molecule
    heavy_atoms = molecule.GetNumHeavyAtoms()
    if heavy_atoms != molecule.GetNumAtoms() and _has_wildcard(molecule):
        return Reason.WILDCARD
    if heavy_atoms == 0:
        return Reason.NO_HEAVY_ATOM
    if heavy_atoms > MAX_HEAVY_ATOMS:
        return Reason.TOO_LARGE
    if "." in smiles and len(Chem.GetMolFrags(molecule)) > 1:
        return Reason.SEVERAL_FRAGMENTS
    return molecule


def _parse(smiles: str) -> Chem.Mol | Reason:
    if not smiles.isascii():  # RDKit takes no half of a surrogate pair, as JSON may have it
        return Reason.UNPARSABLE
    is_inchi = smiles.startswith("InChI=")
    molecule = _from_inchi(smiles) if is_inchi else Chem.MolFromSmiles(smiles)
    if molecule is None:
        written_well = Chem.MolFromSmiles(smiles, sanitize=False) is not None
        return Reason.IMPOSSIBLE if written_well else Reason.UNPARSABLE
    return molecule


def _from_inchi(inchi: str) -> Chem.Mol | None:
    try:
        molecule: Chem.Mol | None = rdinchi.InchiToMol(inchi)[0]
    except ValueError:  # what it says cannot be
        return None
    return molecule


def _has_wildcard(molecule: Chem.Mol) -> bool:
    return any(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms())
