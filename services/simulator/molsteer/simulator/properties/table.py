"""What each property is: a difference of energies, and what is computed for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from molsteer.shared.units import HARTREE_IN_EV
from molsteer.shared.wire.catalogue import ADIABATIC_IP, OFFERED
from molsteer.shared.wire.properties import Quantity
from molsteer.simulator.errors import NotByEngine
from molsteer.simulator.offered import check_offered
from molsteer.simulator.port import Computed
from molsteer.simulator.properties.free_atoms import atoms
from molsteer.simulator.properties.minima import ion, neutral
from molsteer.simulator.properties.single_points import gap, in_vacuum, vertical
from molsteer.simulator.properties.study import Calculation, Study

VIP_SHIFT_eV = 4.8455
"""What xtb's own `--vip` subtracts from a difference of energies, to come near experiments."""

CALCULATIONS: Mapping[str, Calculation] = MappingProxyType(
    {
        "neutral": neutral,
        "vertical": vertical("cation", "vertical"),
        "cation": ion("cation"),
        "vertical_anion": vertical("anion", "vertical_anion"),
        "anion": ion("anion"),
        "gap": gap,
        "atoms": atoms,
        "vacuum": in_vacuum,
    }
)
"""In the order in which they are done; the first is always, for the others start from it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An energy, or one minus another.

    Attributes:
        of: The calculation that gives it.
        less: The one that gives the other; None if there is no other.
        shift_eV: What is subtracted in addition.
        along: Cheap calculations that are done as well, so that other properties come along.
    """

    of: str
    less: str | None = None
    shift_eV: float = 0.0
    along: tuple[str, ...] = ()

    @property
    def energies(self) -> set[str]:
        """The calculations without which there is no value."""
        return {self.of} if self.less is None else {self.of, self.less}

    def value(self, energies: Mapping[str, float]) -> Quantity:
        """Take the difference of energies in hartree."""
        difference = energies[self.of] - (0.0 if self.less is None else energies[self.less])
        return Quantity(value=difference * HARTREE_IN_EV - self.shift_eV, unit="eV")


PROPERTIES: Mapping[str, Difference] = MappingProxyType(
    {
        ADIABATIC_IP: Difference("cation", "neutral", along=("vertical",)),
        "vertical_ionization_potential": Difference("vertical", "neutral"),
        "shifted_ionization_potential": Difference("vertical", "neutral", VIP_SHIFT_eV),
        "adiabatic_electron_affinity": Difference("neutral", "anion", along=("vertical_anion",)),
        "vertical_electron_affinity": Difference("neutral", "vertical_anion"),
        "homo_lumo_gap": Difference("gap"),
        "atomization_energy": Difference("atoms", "neutral"),
        "solvation_energy": Difference("neutral", "vacuum"),
    }
)
"""By name, as `molsteer.shared.wire.catalogue` describes them."""


def compute(study: Study, wanted: Collection[str]) -> Computed:
    """Compute properties of a molecule, and no more than they need.

    Args:
        study: The molecule, of which nothing is computed yet.
        wanted: Properties by name; if there are none, the first that the method gives.

    Raises:
        UnknownProperty: If there is no such property.
        SolventMissing: If one needs a solvent, and there is none.
        NotByEngine: If the engine does not offer it.
        EmbeddingFailed: If no first geometry was found.
        ScfFailed: If an energy cannot be computed.
        NotConverged: If a relaxation needs too many steps.
        Dissociated: If the molecule became another one, or an ion fell apart.
        TimeLimit: If the deadline passed.
    """
    asked = wanted or OFFERED[study.method][:1]
    todo = {"neutral"}.union(*(_needed(name, study) for name in asked))
    energies = {name: do(study) for name, do in CALCULATIONS.items() if name in todo}
    return Computed(
        values={
            name: difference.value(energies)
            for name, difference in PROPERTIES.items()
            if name in OFFERED[study.method] and difference.energies <= energies.keys()
        },
        engine=study.program.name,
        steps=study.steps,
        charge=study.states["neutral"].charge,
        multiplicities=study.multiplicities,
        records=study.records,
    )


def _needed(name: str, study: Study) -> set[str]:
    program = study.program
    check_offered(study.method, name, program.solvent)
    difference = PROPERTIES[name]
    if difference.energies & program.lacks:
        raise NotByEngine(program.name, f"the property {name!r}", "tblite")
    return difference.energies.union(difference.along)
