"""Frontier levels by Hueckel's method, as simple as it was in the beginning.

Every atom gives an orbital: that of its pi bond with one electron, or one with two, of a lone pair
or of its bonds to hydrogen and carbon (hyperconjugation). Atoms of pi bonds that have a lone pair
too, as that of a carbonyl group, give it as a second one; it lies in the plane, and meets there
what is two bonds away. Energies are in units of the resonance integral of two carbon atoms, zero is
an electron in a p orbital of carbon, and lower is bound more strongly. The parameters are
of the kind of Van-Catledge's, J. Org. Chem. 45, 4801 (1980); they tell molecules apart, and predict
nothing alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from rdkit import Chem

from molsteer.steering.space.features.elements import electronegativity, lone_pairs

Floats = npt.NDArray[np.float64]

_PI = {5: -0.45, 6: 0.0, 7: 0.51, 8: 0.97, 14: 0.0, 15: 0.19, 16: 0.46}
_LONE = {7: 1.37, 8: 2.09, 9: 2.71, 15: 0.75, 16: 1.3, 17: 1.7, 34: 1.1, 35: 1.4, 53: 1.1}
_SECOND = {7: 1.2, 8: 1.6, 16: 1.0}
_SIGMA = {6: 2.0, 14: 1.5}
"""How much stronger than a p orbital of carbon those of an element bind, by atomic number."""

_SP = 0.6
"""How much stronger a lone pair at a triple bond binds than at a double one."""

_REACH = {7: 0.9, 9: 0.5, 17: 0.6, 35: 0.5, 53: 0.4}
_REACH_OTHERS = 0.7
_REACH_SECOND = 0.55
_ACROSS = {1: 0.8, 3: 1.3}
"""An orbital meets another by the product of their reaches; pi orbitals have 1.
Conjugated single bonds carry less of it, and triple bonds more."""

_CHARGED = 0.7
"""How much stronger an atom binds for each positive charge."""

_NOTHING_EMPTY = 3.0
"""Level of the lowest empty orbital where all that are counted are full."""

_FILLED = 4
"""Bonds of an atom that has eight electrons and no lone pair."""

_TOGETHER = 0.05
"""Orbitals so near to the highest full one take part in its density."""


class Frontier(NamedTuple):
    """The last full and the first empty levels.

    Attributes:
        homo: The highest level that holds electrons.
        below: The one below it, or itself if it is the only one.
        lumo: The lowest empty level.
        density: Share of each atom in the highest one; shape (atoms,).
    """

    homo: float
    below: float
    lumo: float
    density: Floats


class _Orbital(NamedTuple):
    atom: int
    electrons: int
    bound: float
    reach: float
    kind: Literal["pi", "lone", "second"]


def frontier(molecule: Chem.Mol) -> Frontier:
    """Compute the frontier levels of a molecule."""
    kekulized = Chem.Mol(molecule)
    Chem.Kekulize(kekulized)
    orbitals = [each for atom in kekulized.GetAtoms() for each in _orbitals(atom)]
    energies, shapes = np.linalg.eigh(_hamiltonian(kekulized, orbitals))
    full = (sum(orbital.electrons for orbital in orbitals) + 1) // 2
    atoms = np.array([orbital.atom for orbital in orbitals])
    if not full:
        return Frontier(0.0, 0.0, float(energies[0]), np.zeros(molecule.GetNumAtoms()))
    homo = energies[full - 1]
    weights = np.exp((energies[:full] - homo) / _TOGETHER)
    shares = shapes[:, :full] ** 2 @ (weights / weights.sum())
    density = np.zeros(molecule.GetNumAtoms())
    np.add.at(density, atoms, shares)
    return Frontier(
        homo=float(homo),
        below=float(energies[max(full - 2, 0)]),
        lumo=float(energies[full]) if full < len(energies) else _NOTHING_EMPTY,
        density=density,
    )


def _orbitals(atom: Chem.Atom) -> Iterator[_Orbital]:
    number, index, pairs = atom.GetAtomicNum(), atom.GetIdx(), lone_pairs(atom)
    shift = _CHARGED * atom.GetFormalCharge()
    reach = _REACH.get(number, _REACH_OTHERS)
    unknown = electronegativity(atom)
    order = max((bond.GetBondTypeAsDouble() for bond in atom.GetBonds()), default=0)
    p_orbital = _PI.get(number, unknown - 2.55) + shift
    if order in (2, 3):
        yield _Orbital(index, 1, p_orbital, 1.0, "pi")
        if pairs:
            bound = _SECOND.get(number, unknown - 1.6) + shift + (_SP if order == 3 else 0)
            yield _Orbital(index, 2, bound, _REACH_SECOND, "second")
    elif pairs:
        yield _Orbital(index, 2, _LONE.get(number, 1.7 * unknown - 4.0) + shift, reach, "lone")
    elif atom.GetTotalValence() < _FILLED and number != 1:  # radicals, cations, boron
        yield _Orbital(index, min(atom.GetNumRadicalElectrons(), 1), p_orbital, 1.0, "pi")
    else:
        yield _Orbital(index, 2, _SIGMA.get(number, unknown - 0.55) + shift, reach, "lone")


def _hamiltonian(molecule: Chem.Mol, orbitals: list[_Orbital]) -> Floats:
    atoms = np.array([orbital.atom for orbital in orbitals])
    reach = np.array([orbital.reach for orbital in orbitals])
    second = np.array([orbital.kind == "second" for orbital in orbitals])
    pi = np.array([orbital.kind == "pi" for orbital in orbitals])
    apart = Chem.GetDistanceMatrix(molecule)[np.ix_(atoms, atoms)]
    in_plane = (second[:, None] & ~pi) | (second & ~pi[:, None])
    meets = (in_plane & (apart == 2)) | (~second[:, None] & ~second & (apart == 1))
    coupled: Floats = meets * reach[:, None] * reach * _along_bonds(molecule)[np.ix_(atoms, atoms)]
    return -coupled - np.diag(np.array([orbital.bound for orbital in orbitals]))


def _along_bonds(molecule: Chem.Mol) -> Floats:
    """Give what becomes of a resonance along the bonds; aromatic ones are all alike."""
    factors = np.ones((molecule.GetNumAtoms(), molecule.GetNumAtoms()))
    for bond in molecule.GetBonds():
        order = int(bond.GetBondTypeAsDouble())
        if bond.GetIsAromatic() or (order == 1 and not bond.GetIsConjugated()):
            continue
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        factor = _ACROSS.get(order, 1.0)
        factors[ends] = factors[ends[::-1]] = factor
    return factors
