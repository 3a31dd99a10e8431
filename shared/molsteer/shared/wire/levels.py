"""Which molecules a level of theory can take, as plain numbers.

Simulators refuse by these numbers what they are asked, and steering what it is to ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum, auto

LANTHANIDES = range(57, 72)
_OUTER_OF_A_LANTHANIDE = 3
"""GFN2-xTB has those in f orbitals in the core (doi:10.1021/acs.jctc.8b01176)."""


class Limit(Enum):
    """What a molecule is beyond."""

    ELEMENTS = auto()
    ATOMS = auto()
    ELECTRONS = auto()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a level of theory can take; by default whatever can exist.

    Attributes:
        heaviest: Atomic number of the last element that it knows.
        fewest_atoms: Two where geometries are relaxed.
        fewest_electrons: Two where what is left must have one; closed shells below do not count.
    """

    heaviest: int = 118
    fewest_atoms: int = 1
    fewest_electrons: int = 0

    def knows(self, number: int) -> bool:
        """Tell whether it knows the element of an atomic number; 0 is none."""
        return 1 <= number <= self.heaviest

    def exceeded(self, numbers: Collection[int], electrons: int) -> Limit | None:
        """Tell which limit a molecule is beyond, if any.

        Args:
            numbers: Atomic numbers of all its atoms, hydrogens included.
            electrons: Its `outer_electrons`.
        """
        if not all(map(self.knows, numbers)):
            return Limit.ELEMENTS
        if len(numbers) < self.fewest_atoms:
            return Limit.ATOMS
        if electrons < self.fewest_electrons:
            return Limit.ELECTRONS
        return None


def outer_electrons(numbers: Collection[int], charge: int, outer: Callable[[int], int]) -> int:
    """Count the electrons of a molecule outside of closed shells, without those in f orbitals.

    Args:
        numbers: Atomic numbers of all its atoms, hydrogens included.
        charge: Its charge in elementary charges.
        outer: Gives those of a neutral atom by its atomic number, as RDKit's periodic table does.
    """
    brought = (
        _OUTER_OF_A_LANTHANIDE if number in LANTHANIDES else outer(number) for number in numbers
    )
    return sum(brought) - charge


GFN2_XTB = Limits(heaviest=86, fewest_atoms=2, fewest_electrons=2)
"""Radon is the last element with parameters (doi:10.1021/acs.jctc.8b01176)."""

_KNOWN = {"xtb": GFN2_XTB, "xtb-vertical": GFN2_XTB}


def limits_of(method: str | None) -> Limits:
    """Give the limits of a method by its name; a package's own, and none, have the widest."""
    return _KNOWN.get(method or "", Limits())
