"""What a level of theory is: a function from a SMILES to properties of the molecule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from molsteer.shared.wire.messages import Start
from molsteer.shared.wire.properties import Quantity
from molsteer.shared.wire.specs import SimulationSpec

Record = dict[str, JsonValue]
"""A QCSchema document of plain values."""


@dataclass(frozen=True, slots=True)
class Computed:
    """Properties of one species.

    Attributes:
        values: What was asked for, and whatever came with it, by the name of the property.
        engine: Program and version that computed them.
        steps: Relaxation steps of each state of the molecule that was relaxed, as `neutral`.
        charge: Of the molecule as it was given, in elementary charges.
        multiplicities: Of the spins of the states, as `neutral`; empty if the level does not tell.
        records: QCSchema by name, as `neutral`, if there are any.
        started_from: Level whose geometries it started from; None if it made its own.
    """

    values: Mapping[str, Quantity]
    engine: str
    steps: Mapping[str, int] = field(default_factory=dict)
    charge: int = 0
    multiplicities: Mapping[str, int] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)
    started_from: str | None = None


class Simulator(Protocol):
    """Computes molecules at one level of theory.

    A package offers a function that builds one, in the entry-point group `molsteer.simulators`
    under the method's name. It is built once in each process, before its first molecule.
    """

    def __call__(
        self,
        smiles: str,
        spec: SimulationSpec,
        wanted: Mapping[str, str],
        scratch: Path,
        remaining_s: float,
    ) -> Computed:
        """Compute one molecule.

        Args:
            smiles: The molecule.
            spec: How it is to be computed; what the level does not know is ignored.
            wanted: Properties by name, and the unit in which each is understood; an answer without
                one of them, or in another unit, is refused. If it is empty, whatever the level
                gives of itself.
            scratch: An empty folder, removed afterwards.
            remaining_s: Wall-clock time left before the process is killed.

        Raises:
            TaskError: If it cannot be computed.
        """
        ...


@runtime_checkable
class Continuing(Simulator, Protocol):
    """A level of theory that can start from geometries that another level relaxed."""

    def starting_from(self, start: Start) -> Simulator:
        """Give what computes a molecule from these geometries.

        Where they cannot be those of the molecule, it makes its own; `Computed.started_from` tells.
        """
        ...
