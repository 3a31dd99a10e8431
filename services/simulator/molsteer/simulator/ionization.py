"""The protocol: relax the neutral, ionize it, relax the cation, and compare their energies."""

from __future__ import annotations

from molsteer.shared.units import HARTREE_IN_EV
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.minimum import minimum
from molsteer.simulator.molecule.connectivity import check_cation, check_neutral
from molsteer.simulator.molecule.embedding import displaced, embed
from molsteer.simulator.molecule.species import ElectronicState, Species
from molsteer.simulator.port import Ionization
from molsteer.simulator.program import Program

VIP_SHIFT_eV = 4.8455
"""What xtb's own `--vip` subtracts from a difference of energies, to come near experiments."""


def ionize(
    species: Species,
    states: tuple[ElectronicState, ElectronicState],
    program: Program,
    deadline: Deadline,
) -> Ionization:
    """Compute the adiabatic and the vertical ionization potential.

    Args:
        species: The molecule.
        states: Charge and spin of the molecule, and of the molecule with one electron less.
        program: What computes energies.
        deadline: When to give up.

    Raises:
        EmbeddingFailed: If no first geometry was found.
        ScfFailed: If an energy cannot be computed.
        NotConverged: If a relaxation needs too many steps.
        Dissociated: If the neutral became another molecule, or the cation fell apart.
        TimeLimit: If the deadline passed.
    """
    whole, ionized = states
    neutral = minimum(species, whole, displaced(embed(species, deadline)), program, check_neutral)
    vertical = program.single_point(species, ionized, neutral.positions)
    cation = minimum(species, ionized, displaced(neutral.positions), program, check_cation)
    vertical_eV = (vertical.energy - neutral.energy) * HARTREE_IN_EV
    return Ionization(
        adiabatic_eV=(cation.energy - neutral.energy) * HARTREE_IN_EV,
        vertical_eV=vertical_eV,
        vertical_shifted_eV=vertical_eV - VIP_SHIFT_eV,
        steps=(neutral.steps, cation.steps),
        multiplicities=(whole.multiplicity, ionized.multiplicity),
        engine=program.name,
        records={
            "neutral": neutral.record,
            "vertical": vertical.record,
            "cation": cation.record,
        },
    )
