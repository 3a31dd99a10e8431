"""How many electrons are unpaired, by a rule on the molecule as it is drawn.

Not by the lowest energy: GFN2-xTB knows no spin polarisation, and puts singlet methylene 0.8 eV
below the triplet that it is. The rule:

1. Radical electrons of the SMILES stay unpaired and parallel: `[CH3]` is a doublet, `[NH]` and
   `[CH2]CC[CH2]` are triplets.
2. Two of those on one atom of group 13 or 14 are a lone pair, as in carbenes beside N, O or a
   halogen, in vinylidenes, silylenes, CH and BH. A carbene that is bound to hydrogen and carbon
   alone, by single bonds, keeps them: `[CH2]` and `[CH]c1ccccc1` are triplets.
3. Two atoms of group 16 with a double bond are a triplet: O2, SO, S2 and so on.
4. Where that does not fit the number of electrons, as it can with metals, one less is unpaired, or
   one if there was none. The electrons of open d shells pair as far as they can.
5. The electron that leaves the molecule is one of the unpaired, if there are any; one that comes
   pairs with one of them.
"""

from __future__ import annotations

from rdkit import Chem

from molsteer.shared.wire.specs import Multiplicity
from molsteer.simulator.errors import StateName, WrongMultiplicity
from molsteer.simulator.molecule.species import ElectronicState, Species, outer_electrons

_GROUP_16 = {8, 16, 34, 52, 84}
_HYDROGEN_OR_CARBON = {1, 6}


def states(
    species: Species, multiplicity: Multiplicity, cation_multiplicity: int | None
) -> dict[StateName, ElectronicState]:
    """Give charge and spin of a molecule as its SMILES gives it, and of its cation and anion.

    Args:
        species: The molecule.
        multiplicity: That of the molecule: `rule` as above, `lowest` as low as the number of
            electrons allows, or a number.
        cation_multiplicity: That of the cation; None is one unpaired electron less than the
            molecule has, or one where it has none.

    Raises:
        WrongMultiplicity: If a number does not fit the electrons.
    """
    electrons = outer_electrons(species.molecule)
    match multiplicity:
        case "rule":
            unpaired = _fitting(_drawn(species.molecule), electrons)
        case "lowest":
            unpaired = electrons % 2
        case number:
            unpaired = _chosen(species, "neutral", number, electrons)
    changed = _one_less(unpaired)
    left = changed
    if cation_multiplicity is not None:
        left = _chosen(species, "cation", cation_multiplicity, electrons - 1)
    charge = Chem.GetFormalCharge(species.molecule)
    return {
        "neutral": ElectronicState("neutral", charge, unpaired),
        "cation": ElectronicState("cation", charge + 1, left),
        "anion": ElectronicState("anion", charge - 1, changed),
    }


def _chosen(species: Species, state: StateName, multiplicity: int, electrons: int) -> int:
    unpaired = multiplicity - 1
    if unpaired > electrons or (electrons - unpaired) % 2:
        raise WrongMultiplicity(species.smiles, state, multiplicity, electrons)
    return unpaired


def _fitting(unpaired: int, electrons: int) -> int:
    return unpaired if (electrons - unpaired) % 2 == 0 else _one_less(unpaired)


def _one_less(unpaired: int) -> int:
    return unpaired - 1 if unpaired else 1


def _drawn(molecule: Chem.Mol) -> int:
    atoms = list(molecule.GetAtoms())
    if len(atoms) == 2 and {atom.GetAtomicNum() for atom in atoms} <= _GROUP_16:
        (bond,) = molecule.GetBonds()
        if bond.GetBondType() == Chem.BondType.DOUBLE and not any(map(_charge, atoms)):
            return 2
    return sum(map(_unpaired_on, atoms))


def _charge(atom: Chem.Atom) -> int:
    return int(atom.GetFormalCharge())


def _unpaired_on(atom: Chem.Atom) -> int:
    count = int(atom.GetNumRadicalElectrons())
    outer = Chem.GetPeriodicTable().GetNOuterElecs(atom.GetAtomicNum())
    if count < 2 or outer not in (3, 4) or (count == 2 and _is_open_carbene(atom)):
        return count
    return count - 2


def _is_open_carbene(atom: Chem.Atom) -> bool:
    return atom.GetAtomicNum() == 6 and all(
        bond.GetBondType() == Chem.BondType.SINGLE
        and bond.GetOtherAtom(atom).GetAtomicNum() in _HYDROGEN_OR_CARBON
        for bond in atom.GetBonds()
    )
