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

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molsteer.steering.space.features.atoms import Atoms, Floats, Integers

Flags = npt.NDArray[np.bool_]


class _Binding(NamedTuple):
    """How much stronger than a p orbital of carbon those of an element bind.

    Attributes:
        elements: By atomic number.
        slope, offset: Of a line over electronegativity, for all other elements.
    """

    elements: Mapping[int, float]
    slope: float
    offset: float


_PI = _Binding({5: -0.45, 6: 0.0, 7: 0.51, 8: 0.97, 14: 0.0, 15: 0.19, 16: 0.46}, 1.0, 2.55)
_LONE = _Binding(
    {7: 1.37, 8: 2.09, 9: 2.71, 15: 0.75, 16: 1.3, 17: 1.7, 34: 1.1, 35: 1.4, 53: 1.1}, 1.7, 4.0
)
_SECOND = _Binding({7: 1.2, 8: 1.6, 16: 1.0}, 1.0, 1.6)
_SIGMA = _Binding({6: 2.0, 14: 1.5}, 1.0, 0.55)

_SP = 0.6
"""How much stronger a lone pair at a triple bond binds than at a double one."""

_REACH = {7: 0.9, 9: 0.5, 17: 0.6, 35: 0.5, 53: 0.4}
_REACH_OTHERS = 0.7
_REACH_SECOND = 0.55
_ACROSS_SINGLE, _ACROSS_TRIPLE = 0.8, 1.3
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


@dataclass(frozen=True, slots=True)
class _Orbitals:
    """Orbitals of a molecule, each array of shape (orbitals,).

    Attributes:
        atom: Where they are.
        electrons: How many each brings.
        bound: How strongly it binds them.
        reach: How well it meets others.
        pi, second: Whether it is that of a pi bond, or a second one of its atom.
    """

    atom: Integers
    electrons: Integers
    bound: Floats
    reach: Floats
    pi: Flags
    second: Flags


def frontier(atoms: Atoms) -> Frontier:
    """Compute the frontier levels of a molecule."""
    orbitals = _orbitals(atoms)
    energies, shapes = np.linalg.eigh(_hamiltonian(atoms, orbitals))
    full = int(orbitals.electrons.sum() + 1) // 2
    density = np.zeros(len(atoms))
    if not full:
        return Frontier(0.0, 0.0, float(energies[0]), density)
    homo = energies[full - 1]
    weights = np.exp((energies[:full] - homo) / _TOGETHER)
    np.add.at(density, orbitals.atom, shapes[:, :full] ** 2 @ (weights / weights.sum()))
    return Frontier(
        homo=float(homo),
        below=float(energies[max(full - 2, 0)]),
        lumo=float(energies[full]) if full < len(energies) else _NOTHING_EMPTY,
        density=density,
    )


def _orbitals(atoms: Atoms) -> _Orbitals:
    order, paired = atoms.kekulized.max(axis=1), atoms.lone_pairs > 0
    double = order >= 2
    lacking = (atoms.valence < _FILLED) & (atoms.number != 1)  # radicals, cations, boron
    pi = double | (~paired & lacking)
    electrons = np.where(double, 1, np.where(pi, np.minimum(atoms.radicals, 1), 2))
    bound = np.where(
        pi, _bound(_PI, atoms), np.where(paired, _bound(_LONE, atoms), _bound(_SIGMA, atoms))
    )
    reach = np.where(pi, 1.0, [_REACH.get(int(each), _REACH_OTHERS) for each in atoms.number])
    second = np.flatnonzero(double & paired)
    bound_second = (_bound(_SECOND, atoms) + _SP * (order == 3))[second]
    more, shift = len(second), _CHARGED * atoms.formal_charge
    atom = np.concatenate([np.arange(len(atoms)), second])
    return _Orbitals(
        atom=atom,
        electrons=np.concatenate([electrons, np.full(more, 2)]),
        bound=np.concatenate([bound, bound_second]) + shift[atom],
        reach=np.concatenate([reach, np.full(more, _REACH_SECOND)]),
        pi=np.concatenate([pi, np.zeros(more, dtype=np.bool_)]),
        second=np.arange(len(atom)) >= len(atoms),
    )


def _bound(known: _Binding, atoms: Atoms) -> Floats:
    """Look up how strongly atoms bind; it follows from the electronegativity of the others."""
    return np.array(
        [
            known.elements.get(int(number), known.slope * electronegativity - known.offset)
            for number, electronegativity in zip(atoms.number, atoms.electronegativity, strict=True)
        ]
    )


def _hamiltonian(atoms: Atoms, orbitals: _Orbitals) -> Floats:
    pi, second = orbitals.pi, orbitals.second
    pairs = np.ix_(orbitals.atom, orbitals.atom)
    apart, order = atoms.apart[pairs], atoms.orders[pairs]
    in_plane = (second[:, None] & ~pi) | (second & ~pi[:, None])
    meets = (in_plane & (apart == 2)) | (~second[:, None] & ~second & (apart == 1))
    shared = pi | (atoms.lone_pairs > 0)[orbitals.atom]
    conjugated = (order == 1) & (pi[:, None] | pi) & shared[:, None] & shared
    along = np.where(conjugated, _ACROSS_SINGLE, np.where(order == 3, _ACROSS_TRIPLE, 1.0))
    coupled: Floats = meets * along * orbitals.reach[:, None] * orbitals.reach
    return -coupled - np.diag(orbitals.bound)
