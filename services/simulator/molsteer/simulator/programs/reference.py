"""The reference path: QCEngine's `geometric` procedure with the program `xtb`.

It answers as the fast path does, slower, and stands for every other program that QCEngine knows.
Its solvents are those of GBSA, whose energies are not those of ALPB, so it has none here. QCEngine
cannot be stopped between steps, so the time limit is checked between relaxations; past the task's
hard limit the process is killed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import qcengine
from pydantic import JsonValue

from molsteer.simulator.deadline import Deadline
from molsteer.simulator.errors import NotByEngine, NotConverged, ScfFailed
from molsteer.simulator.molecule.species import ElectronicState, Positions, Species
from molsteer.simulator.port import Record
from molsteer.simulator.programs import qcschema
from molsteer.simulator.programs.port import Orbitals, Relaxation, SinglePoint


@dataclass(frozen=True, slots=True)
class Reference:
    """GFN2-xTB through QCEngine; see `Program`.

    Attributes:
        accuracy: Numerical accuracy of the density, dimensionless, smaller is tighter.
        max_steps: Steps that each relaxation may take.
        scratch: An existing folder for everything that the programs write.
    """

    accuracy: float
    max_steps: int
    deadline: Deadline
    scratch: Path

    @property
    def name(self) -> str:
        """All programs and versions that take part."""
        return (
            f"qcengine {version('qcengine')} "
            f"(xtb-python {version('xtb')}, geometric {version('geometric')})"
        )

    @property
    def solvent(self) -> str | None:
        """None."""
        return None

    @property
    def lacks(self) -> frozenset[str]:
        """What QCEngine does not pass on."""
        return frozenset({"gap"})

    def in_vacuum(self) -> Reference:
        """Give the same; see `Program.in_vacuum`."""
        return self

    def orbitals(self, *_asked: object) -> Orbitals:
        """Refuse; see `lacks`."""
        raise NotByEngine(self.name, "orbitals", "tblite")

    def single_point(
        self, species: Species, state: ElectronicState, positions: Positions
    ) -> SinglePoint:
        """Compute an energy; see `Program.single_point`."""
        self.deadline.check(species.smiles, f"before the energy of its {state.name}")
        described = qcschema.molecule(species, state, positions)
        record = self._compute(qcschema.atomic_input(described, "energy", self._keywords), "xtb")
        if not record["success"]:
            raise ScfFailed(state.charge, state.unpaired, _last_line(record))
        return SinglePoint(_number(record["return_result"]), record)

    def relax(
        self,
        species: Species,
        state: ElectronicState,
        start: Positions,
        like: Relaxation | None = None,  # noqa: ARG002  # QCEngine takes no Hessian
    ) -> Relaxation:
        """Find a minimum; see `Program.relax`."""
        self.deadline.check(species.smiles, f"before its {state.name} relaxed")
        described = qcschema.molecule(species, state, start)
        asked = qcschema.optimization_input(described, "xtb", self.max_steps, self._keywords)
        record = self._compute(asked, "geometric")
        match record:
            case {"success": True, "energies": list(energies), "final_molecule": dict(final)}:
                positions = np.array(final["geometry"], dtype=np.float64).reshape(-1, 3)
                return Relaxation(_number(energies[-1]), positions, len(energies) - 1, record)
        reason = _last_line(record)
        if "GeomOptNotConvergedError" in reason:
            raise NotConverged(species.smiles, state.name, self.max_steps, reason)
        raise ScfFailed(state.charge, state.unpaired, reason)

    def gradients(
        self, species: Species, state: ElectronicState, geometries: Sequence[Positions]
    ) -> list[npt.NDArray[np.float64]]:
        """Compute gradients; see `Program.gradients`."""
        return [self._gradient(species, state, positions) for positions in geometries]

    def _gradient(
        self, species: Species, state: ElectronicState, positions: Positions
    ) -> npt.NDArray[np.float64]:
        self.deadline.check(species.smiles, f"while its {state.name} was looked at")
        described = qcschema.molecule(species, state, positions)
        record = self._compute(qcschema.atomic_input(described, "gradient", self._keywords), "xtb")
        if not record["success"]:
            raise ScfFailed(state.charge, state.unpaired, _last_line(record))
        return np.array(record["return_result"], dtype=np.float64).reshape(-1, 3)

    @property
    def _keywords(self) -> Record:
        return qcschema.keywords(self.accuracy, None)

    def _compute(self, asked: Record, program: str) -> Record:
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder, _contained(folder):
            answer = qcengine.compute(
                asked, program, task_config={"ncores": 1, "scratch_directory": folder}
            )
        record: Record = json.loads(answer.json())
        return record


@contextlib.contextmanager
def _contained(folder: str) -> Iterator[None]:
    """Undo what geomeTRIC does to its process: it writes where it stands, and resets logging."""
    root, usual = logging.getLogger(), tempfile.tempdir
    level, handlers = root.level, list(root.handlers)
    tempfile.tempdir = folder
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        tempfile.tempdir = usual
        root.setLevel(level)
        root.handlers[:] = handlers


def _last_line(record: Record) -> str:
    match record.get("error"):
        case {"error_message": str(message)} if message.strip():
            return message.strip().splitlines()[-1]
    return "it gave no reason"


def _number(value: JsonValue) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"QCEngine answered {value!r} where QCSchema has an energy.")
