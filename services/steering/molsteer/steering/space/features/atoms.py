"""Atoms and bonds of a molecule as arrays, read once for all features that are computed of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors, rdPartialCharges

from molsteer.steering.space.features.elements import electronegativity, outer_electrons

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Atoms:
    """What is known of the atoms of one molecule, each array of shape (atoms,) or (atoms, atoms).

    Attributes:
        number: Atomic numbers.
        valence: Bonds, a double one twice.
        radicals: Electrons without a partner.
        formal_charge: In e.
        charge, hydrogens_charge: Of the atom and of its hydrogens, by Gasteiger and Marsili, in e.
        electronegativity: On Pauling's scale.
        lone_pairs: Pairs of outer electrons in no bond.
        log_p, refractivity: Share in logP and molar refractivity, by Wildman and Crippen.
        mass: In u.
        orders: Order of the bond between two atoms, 1.5 if aromatic, 0 if there is none.
        kekulized: The same with single and double bonds in aromatic rings.
        apart: Bonds between two atoms on the shortest way.
    """

    number: Integers
    valence: Integers
    radicals: Integers
    formal_charge: Integers
    charge: Floats
    hydrogens_charge: Floats
    electronegativity: Floats
    lone_pairs: Integers
    log_p: Floats
    refractivity: Floats
    mass: Floats
    orders: Floats
    kekulized: Floats
    apart: Floats

    def __len__(self) -> int:
        return len(self.number)


def read_atoms(molecule: Chem.Mol) -> Atoms:
    """Read the atoms of a sanitized molecule; charges that are not known are 0."""
    rdPartialCharges.ComputeGasteigerCharges(molecule)
    atoms = list(molecule.GetAtoms())
    log_p, refractivity = np.array(rdMolDescriptors._CalcCrippenContribs(molecule)).T
    numbers = [atom.GetAtomicNum() for atom in atoms]
    valence = _integers([atom.GetTotalValence() for atom in atoms])
    radicals = _integers([atom.GetNumRadicalElectrons() for atom in atoms])
    formal_charge = _integers([atom.GetFormalCharge() for atom in atoms])
    outer = _integers([outer_electrons(number) for number in numbers])
    return Atoms(
        number=_integers(numbers),
        valence=valence,
        radicals=radicals,
        formal_charge=formal_charge,
        charge=_charges(atoms, "_GasteigerCharge"),
        hydrogens_charge=_charges(atoms, "_GasteigerHCharge"),
        electronegativity=np.array([electronegativity(number) for number in numbers]),
        lone_pairs=np.maximum(outer - formal_charge - valence - radicals, 0) // 2,
        log_p=log_p,
        refractivity=refractivity,
        mass=np.array([atom.GetMass() for atom in atoms]),
        orders=_orders(molecule),
        kekulized=_orders(_kekulized(molecule)),
        apart=Chem.GetDistanceMatrix(molecule),
    )


def _integers(values: list[int]) -> Integers:
    return np.array(values, dtype=np.int64)


def _charges(atoms: list[Chem.Atom], name: str) -> Floats:
    charges = np.array([atom.GetDoubleProp(name) for atom in atoms])
    return cast("Floats", np.nan_to_num(charges, posinf=0, neginf=0))


def _kekulized(molecule: Chem.Mol) -> Chem.Mol:
    kekulized = Chem.Mol(molecule)
    Chem.Kekulize(kekulized)
    return kekulized


def _orders(molecule: Chem.Mol) -> Floats:
    return cast("Floats", Chem.GetAdjacencyMatrix(molecule, useBO=True, force=True))
