"""What a level of theory is: a function from a SMILES to ionization potentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from molsteer.shared.wire.specs import SimulationSpec

Record = dict[str, JsonValue]
"""A QCSchema document of plain values."""


@dataclass(frozen=True, slots=True)
class Ionization:
    """Ionization potentials of one species.

    Attributes:
        adiabatic_eV: Energy of the relaxed cation minus that of the relaxed neutral.
        vertical_eV: The same with the cation at the neutral's geometry.
        steps: Relaxation steps of neutral and cation.
        engine: Program and version that computed them.
        vertical_shifted_eV: The vertical one less an empirical constant that brings it near
            experiments, None if the level has none.
        multiplicities: Of the spins of neutral and cation, None if the level does not tell.
        records: QCSchema, if there are any: `neutral` and `cation` as optimizations, `vertical`
            as a single point.
    """

    adiabatic_eV: float
    vertical_eV: float
    steps: tuple[int, int]
    engine: str
    vertical_shifted_eV: float | None = None
    multiplicities: tuple[int, int] | None = None
    records: Mapping[str, Record] = field(default_factory=dict)


class Simulator(Protocol):
    """Computes molecules at one level of theory.

    A package offers a function that builds one, in the entry-point group `molsteer.simulators`
    under the level's name. It is built once in each process, before its first molecule.
    """

    def __call__(
        self, smiles: str, spec: SimulationSpec, scratch: Path, remaining_s: float
    ) -> Ionization:
        """Compute one molecule.

        Args:
            smiles: The molecule.
            spec: What the campaign asks for; what the level does not know is ignored.
            scratch: An empty folder, removed afterwards.
            remaining_s: Wall-clock time left before the process is killed.

        Raises:
            TaskError: If it cannot be computed.
        """
        ...
