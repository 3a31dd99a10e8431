"""Properties that are known by name: what they are, and which methods give them.

Packages may offer methods with properties of their own, which need not be in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from molsteer.shared.wire.levels import BY_PROGRAM
from molsteer.shared.wire.properties import Property

ADIABATIC_IP = "adiabatic_ionization_potential"
"""What is looked for where nothing else is said."""

_XTB = (
    Property(
        name=ADIABATIC_IP,
        unit="eV",
        description="Energy of the relaxed molecule with one electron less, minus that of the "
        "relaxed molecule.",
    ),
    Property(
        name="vertical_ionization_potential",
        unit="eV",
        description="The same with both at the geometry of the relaxed molecule.",
    ),
    Property(
        name="shifted_ionization_potential",
        unit="eV",
        description="The vertical one less the empirical 4.8455 eV that xtb's own --vip subtracts "
        "to come near experiments.",
    ),
    Property(
        name="adiabatic_electron_affinity",
        unit="eV",
        description="Energy of the relaxed molecule, minus that of the relaxed molecule with one "
        "electron more.",
    ),
    Property(
        name="vertical_electron_affinity",
        unit="eV",
        description="The same with both at the geometry of the relaxed molecule.",
    ),
    Property(
        name="homo_lumo_gap",
        unit="eV",
        description="Energy of the lowest empty orbital minus that of the highest filled one, at "
        "the relaxed geometry.",
    ),
    Property(
        name="atomization_energy",
        unit="eV",
        description="Energies of the free atoms, minus that of the relaxed molecule.",
    ),
    Property(
        name="solvation_energy",
        unit="eV",
        description="Energy in the level's solvent minus that in vacuum, both at the geometry that "
        "is relaxed in the solvent.",
    ),
)

PROPERTIES = MappingProxyType({found.name: found for found in _XTB})
"""All that are known, by name."""

VERTICAL = "xtb-vertical"
"""The method that relaxes nothing: GFN2-xTB at the geometry that a force field gives."""

_OF_ENERGIES = (
    *(ADIABATIC_IP, "vertical_ionization_potential", "adiabatic_electron_affinity"),
    *("vertical_electron_affinity", "atomization_energy"),
)
"""What energies alone give, without orbitals, solvents and what is fitted to one method."""

OFFERED = MappingProxyType(
    {
        "xtb": tuple(found.name for found in _XTB),
        VERTICAL: (
            *("vertical_ionization_potential", "shifted_ionization_potential"),
            *("vertical_electron_affinity", "homo_lumo_gap"),
        ),
        **dict.fromkeys(sorted(BY_PROGRAM), _OF_ENERGIES),
    }
)
"""Properties that a method gives, by the method's name, the usual one first; nothing is known of
packages' own."""

_ALPB = (
    *("acetone", "acetonitrile", "aniline", "benzaldehyde", "benzene", "carbondisulfide"),
    *("chloroform", "dichloromethane", "dimethylformamide", "dimethylsulfoxide", "dioxane", "dmf"),
    *("dmso", "ethanol", "ether", "ethylacetate", "furan", "hexadecane", "hexane", "methanol"),
    *("nitromethane", "octanol", "phenol", "tetrahydrofuran", "thf", "toluene", "water"),
    "woctanol",
)
"""Those with parameters for GFN2-xTB, as tblite calls them; `woctanol` is octanol with water."""

SOLVENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"xtb": _ALPB, VERTICAL: _ALPB, **dict.fromkeys(sorted(BY_PROGRAM), ())}
)
"""Solvents that a method knows, by the method's name; nothing is known of packages' own."""


def unit_of(name: str) -> str | None:
    """Give the unit of a property; None if it is not known here."""
    known = PROPERTIES.get(name)
    return None if known is None else known.unit


ALIKE_WITHIN = MappingProxyType({found.name: 3.0 for found in _XTB[:3]})
"""Up to which distance the medians of two sets of labels can be of the same quantity, by property.

Experiments, and what xtb's own `--vip` prints, lie 4 to 6 eV below the differences of energies that
are computed here, while most molecules differ by less than 2 eV, and a search that begins with good
models is ahead of its labels by about as much.
"""

_DIFFERENCES = (
    "These are plain differences of GFN2-xTB energies, about 4.8 eV above experiments in most "
    "cases. xtb's own `--vip` subtracts an empirical 4.8455 eV from the vertical one."
)

REMARKS = MappingProxyType(
    {("xtb", found.name): _DIFFERENCES for found in _XTB[:2]}
    | {
        (VERTICAL, "vertical_ionization_potential"): f"{_DIFFERENCES} Geometries are those of a "
        "force field, not relaxed ones."
    }
)
"""What a reader of the numbers of a method has to know, by method and property."""
