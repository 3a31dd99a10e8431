"""The fast path: an engine's library and geomeTRIC's optimizer, both in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from molsteer.simulator.deadline import Deadline
from molsteer.simulator.engines.port import Engine, Surface
from molsteer.simulator.errors import NotConverged, ScfFailed
from molsteer.simulator.molecule.species import ElectronicState, Positions, Species
from molsteer.simulator.port import Record
from molsteer.simulator.programs import qcschema
from molsteer.simulator.programs.port import Orbitals, Relaxation, SinglePoint
from molsteer.simulator.programs.relaxation import relax
from molsteer.simulator.relaxing.path import Path, Point
from molsteer.simulator.relaxing.sharpening import Sharpening, accuracy_at


@dataclass(frozen=True, slots=True)
class InProcess:
    """GFN2-xTB without a schema, a file or a process between optimizer and engine; see `Program`.

    Attributes:
        accuracy: Numerical accuracy of the density, dimensionless, smaller is tighter.
        max_steps: Steps that each relaxation may take.
        last: The surface that was used last, by the molecule and its state.
    """

    engine: Engine
    accuracy: float
    max_steps: int
    deadline: Deadline
    last: dict[tuple[str, ElectronicState], Surface] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """Engine and version."""
        return f"{self.engine.name} {self.engine.version}"

    @property
    def solvent(self) -> str | None:
        """What surrounds the species."""
        return self.engine.solvent

    @property
    def lacks(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()

    def in_vacuum(self) -> InProcess:
        """Give the same without a solvent; see `Program.in_vacuum`."""
        return replace(self, engine=self.engine.in_vacuum(), last={})

    def single_point(
        self, species: Species, state: ElectronicState, positions: Positions
    ) -> SinglePoint:
        """Compute an energy; see `Program.single_point`."""
        self.deadline.check(species.smiles, f"before the energy of its {state.name}")
        energy, gradient = self._surface(species, state, positions)(positions)
        point = Point(positions, energy, gradient)
        return SinglePoint(energy, self._result(species, state, "energy", point))

    def orbitals(self, species: Species, state: ElectronicState, positions: Positions) -> Orbitals:
        """Find the border of filled and empty orbitals; see `Program.orbitals`."""
        self.deadline.check(species.smiles, f"before the orbitals of its {state.name}")
        surface = self._surface(species, state, positions)
        energy, gradient = surface(positions)
        energies, occupations = surface.orbitals()
        # Those of open shells count as filled; electrons spread over orbitals of equal energy.
        filled = round((occupations.sum() + state.unpaired) / 2)
        if not 0 < filled < len(energies):
            raise ScfFailed(state.charge, state.unpaired, "no orbital is left empty")
        record = self._result(species, state, "energy", Point(positions, energy, gradient))
        kept: Record = {"orbital_energies": energies.tolist(), "occupations": occupations.tolist()}
        homo, lumo = energies[filled - 1 : filled + 1].tolist()
        return Orbitals(homo, lumo, record | {"extras": kept})

    def relax(
        self,
        species: Species,
        state: ElectronicState,
        start: Positions,
        like: Relaxation | None = None,
    ) -> Relaxation:
        """Find a minimum; see `Program.relax`."""
        path = relax(
            species,
            start,
            Sharpening(self._surface(species, state, start), self.accuracy),
            like.stiffness if like else None,
            self.max_steps,
            lambda: self.deadline.check(species.smiles, f"while its {state.name} relaxed"),
        )
        end = path.points[-1]
        if not path.converged:
            raise NotConverged(
                species.smiles,
                state.name,
                self.max_steps,
                f"the largest force is still {end.steepest:.1e} Eh/a0",
            )
        steps = len(path.points) - 1
        record = self._record(species, state, path)
        return Relaxation(end.energy, end.positions, steps, record, path.stiffness)

    def gradients(
        self, species: Species, state: ElectronicState, geometries: Sequence[Positions]
    ) -> list[npt.NDArray[np.float64]]:
        """Compute gradients; see `Program.gradients`."""
        surface = self._surface(species, state, geometries[0])
        found = []
        for positions in geometries:
            self.deadline.check(species.smiles, f"while its {state.name} was looked at")
            _, gradient = surface(positions)
            found.append(gradient)
        return found

    def _surface(self, species: Species, state: ElectronicState, positions: Positions) -> Surface:
        """Give the one that was used last, whose density is near, where it is the same state."""
        wanted = (species.smiles, state)
        if wanted in self.last:
            self.last[wanted].set_accuracy(self.accuracy)
        else:
            self.last.clear()
            self.last[wanted] = self.engine.surface(
                species.numbers, positions, state.charge, state.unpaired, self.accuracy
            )
        return self.last[wanted]

    def _record(self, species: Species, state: ElectronicState, path: Path) -> Record:
        first, last = path.points[0], path.points[-1]
        looser = replace(self, accuracy=accuracy_at(first.steepest, self.accuracy))
        start = qcschema.molecule(species, state, first.positions)
        return qcschema.optimization_result(
            qcschema.optimization_input(start, self.engine.name, self.max_steps, self._keywords),
            [point.energy for point in path.points],
            (
                looser._result(species, state, "gradient", first),
                self._result(species, state, "gradient", last),
            ),
            self._provenance("molsteer.simulator.programs.relaxation.relax"),
        )

    def _result(
        self, species: Species, state: ElectronicState, driver: qcschema.Driver, point: Point
    ) -> Record:
        described = qcschema.molecule(species, state, point.positions)
        return qcschema.atomic_result(
            qcschema.atomic_input(described, driver, self._keywords),
            point.energy,
            point.gradient,
            self._provenance("molsteer.simulator.engines"),
        )

    @property
    def _keywords(self) -> Record:
        return qcschema.keywords(self.accuracy, self.solvent)

    def _provenance(self, routine: str) -> Record:
        return {"creator": self.engine.name, "version": self.engine.version, "routine": routine}
