"""Rows to the molecules that are taken in for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from rdkit import Chem

from molsteer.shared.wire.levels import Limit, limits_of, outer_electrons
from molsteer.steering.space.admission import Admission, Change
from molsteer.steering.space.filtering import unwanted
from molsteer.steering.space.inchi import leaves_hydrogens_open
from molsteer.steering.space.molecules import Reason, identity, parse, read_molecule

_CARBON = 6


@dataclass(frozen=True, slots=True)
class Admitted:
    """A molecule that is taken in.

    Attributes:
        smiles: Its identity, ASCII.
        charge: In elementary charges.
        change: How it differs from what was written, if it does.
    """

    molecule: Chem.Mol
    smiles: str
    charge: int
    change: Change | None


def admit(text: str, admission: Admission) -> Admitted | Reason:
    """Read one SMILES or InChI, and take it in or say why not."""
    found = read_molecule(text)
    change = Change.HYDROGENS if leaves_hydrogens_open(text) else None
    if found is Reason.SEVERAL_FRAGMENTS and admission.salts != "leave-out":
        found, change = _main_fragment(text, neutral=admission.salts == "neutral-fragment")
    if isinstance(found, Reason):
        return found
    smiles, charge = identity(found), Chem.GetFormalCharge(found)
    if charge and admission.charged == "leave-out":
        return Reason.CHARGED
    # Atoms without brackets are light, and have neighbours or hydrogens.
    if "[" in smiles and (reason := _beyond_limits(found, charge, admission.level)):
        return reason
    if reason := unwanted(found, charge, admission.filter):
        return reason
    return Admitted(found, smiles, charge, change)


def _beyond_limits(molecule: Chem.Mol, charge: int, level: str | None) -> Reason | None:
    hydrogens = molecule.GetNumAtoms(onlyExplicit=False) - molecule.GetNumAtoms()
    numbers = [atom.GetAtomicNum() for atom in molecule.GetAtoms()] + hydrogens * [1]
    outer = Chem.GetPeriodicTable().GetNOuterElecs
    match limits_of(level).exceeded(numbers, outer_electrons(numbers, charge, outer)):
        case Limit.ELEMENTS:
            return Reason.UNKNOWN_ELEMENT
        case Limit.ATOMS:
            return Reason.SINGLE_ATOM
        case Limit.ELECTRONS:
            return Reason.TOO_FEW_ELECTRONS
        case None:
            return None
        case exceeded:
            assert_never(exceeded)


def _main_fragment(text: str, *, neutral: bool) -> tuple[Chem.Mol | Reason, Change]:
    """Choose the organic fragment with the most atoms, of several by mass and alphabet."""
    from rdkit.Chem.MolStandardize import rdMolStandardize  # takes time, and salts are rare

    options = rdMolStandardize.CleanupParameters()
    options.preferOrganic = True  # type: ignore[assignment]  # RDKit's types know no assignment
    fragment = rdMolStandardize.LargestFragmentChooser(options).choose(parse(text))
    change = Change.FRAGMENT
    if all(atom.GetAtomicNum() != _CARBON for atom in fragment.GetAtoms()):
        return Reason.SEVERAL_FRAGMENTS, change
    charge = Chem.GetFormalCharge(fragment)
    if neutral and charge:  # a zwitterion is neutral as it is
        fragment = rdMolStandardize.Uncharger().uncharge(fragment)
        if Chem.GetFormalCharge(fragment) != charge:
            change = Change.NEUTRALISED
    return read_molecule(identity(fragment)), change
