"""What a level of theory can take, as plain numbers, and what it asks another program for.

Simulators refuse by these numbers what they are asked, and steering what it is to ask for. Another
program is one that QCEngine drives; its names of methods, basis sets and keywords are passed on as
they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType

from pydantic import JsonValue

from molsteer.shared.wire.specs import SimulationSpec

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

QCENGINE = "qcengine"
"""The method whose program, model and basis a level names itself."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a program is asked for.

    Attributes:
        program: As QCEngine calls it.
        model: Method of theory, as the program calls it.
        basis: Basis set, as the program calls it; None where the method has none.
        keywords: What the program is told besides, as QCEngine names it.
    """

    program: str
    model: str
    basis: str | None = None
    keywords: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Method and basis, as papers write them."""
        model = self.model.upper() if self.model.islower() else self.model
        return f"{model}/{self.basis.upper()}" if self.basis else model


def _b3lyp(basis: str, iterations: int) -> Recipe:
    return Recipe(
        program="nwchem",
        model="b3lyp",
        basis=basis,
        keywords={
            "basis__spherical": True,
            "dft__convergence__energy": "1e-8",
            "dft__grid": "xfine",
            "dft__iterations": iterations,
            "geometry__noautoz": True,
        },
    )


READY = MappingProxyType(
    {
        "small_basis": _b3lyp("3-21g", 150),
        "normal_basis": _b3lyp("6-31g(2df,p)", 150),
        "diffuse_basis": _b3lyp("6-311++g**", 250),
    }
)
"""Methods of molecular-design and its successors, by their names there."""

BY_PROGRAM = frozenset({QCENGINE, *READY})
"""Methods that another program computes."""


def recipe_of(spec: SimulationSpec) -> Recipe | None:
    """Give what a level asks another program for; None if it needs none, or does not say."""
    if (ready := READY.get(spec.method)) is not None:
        keywords = {**ready.keywords, **spec.keywords}
        return Recipe(ready.program, ready.model, ready.basis, keywords)
    if spec.method != QCENGINE or spec.program is None or spec.model is None:
        return None
    return Recipe(spec.program, spec.model, spec.basis, spec.keywords)


ALL_ELECTRONS = Limits(heaviest=56, fewest_atoms=2, fewest_electrons=2)
"""Of programs with basis sets. Behind barium come the lanthanides, whose f electrons the rule for
spins does not count; what is lighter and not in the basis set is refused by the program."""

_KNOWN = {"xtb": GFN2_XTB, "xtb-vertical": GFN2_XTB} | dict.fromkeys(BY_PROGRAM, ALL_ELECTRONS)


def limits_of(method: str | None) -> Limits:
    """Give the limits of a method by its name; a package's own, and none, have the widest."""
    return _KNOWN.get(method or "", Limits())
