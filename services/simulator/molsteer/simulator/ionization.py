"""The protocol: relax the neutral, ionize it, relax the cation, and compare their energies."""

from __future__ import annotations

from molsteer.shared.units import HARTREE_IN_EV
from molsteer.simulator.connectivity import check_cation, check_neutral
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.embedding import displaced, embed
from molsteer.simulator.port import Ionization
from molsteer.simulator.program import Program
from molsteer.simulator.species import Species


def ionize(species: Species, program: Program, deadline: Deadline) -> Ionization:
    """Compute the adiabatic and the vertical ionization potential.

    Raises:
        EmbeddingFailed: If no first geometry was found.
        ScfFailed: If an energy cannot be computed.
        NotConverged: If a relaxation needs too many steps.
        Dissociated: If the neutral became another molecule, or the cation fell apart.
        TimeLimit: If the deadline passed.
    """
    start = displaced(embed(species, deadline))
    neutral = program.relax(species, species.state("neutral"), start)
    check_neutral(species, neutral.positions)
    ionized = species.state("cation")
    vertical = program.single_point(species, ionized, neutral.positions)
    cation = program.relax(species, ionized, displaced(neutral.positions))
    check_cation(species, cation.positions)
    return Ionization(
        adiabatic_eV=(cation.energy - neutral.energy) * HARTREE_IN_EV,
        vertical_eV=(vertical.energy - neutral.energy) * HARTREE_IN_EV,
        steps=(neutral.steps, cation.steps),
        engine=program.name,
        records={
            "neutral": neutral.record,
            "vertical": vertical.record,
            "cation": cation.record,
        },
    )
