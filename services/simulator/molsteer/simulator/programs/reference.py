"""Programs that QCEngine drives: energies and gradients of theirs, and its `geometric` procedure.

With the program `xtb` it is the reference: it answers as the fast path does, slower. Its solvents
are those of GBSA, whose energies are not those of ALPB, so it has none here; of other programs,
solvents are a matter of their keywords. QCEngine cannot be stopped between steps, so programs that
it started are ended when the time is over.
"""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import qcengine
from pydantic import JsonValue

from molsteer.shared.wire.levels import Recipe
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.errors import NotByEngine
from molsteer.simulator.molecule.species import ElectronicState, Positions, Species
from molsteer.simulator.port import Record
from molsteer.simulator.programs import qcschema
from molsteer.simulator.programs.failures import Failing
from molsteer.simulator.programs.port import Orbitals, Relaxation, SinglePoint
from molsteer.simulator.programs.resources import Resources, ended_in_time, find

_PROTOCOLS: Record = {
    "error_correction": {"default_policy": False},
    "native_files": "none",
    "stdout": False,
}
"""QCEngine would try again with other keywords where a density does not settle. Within its own
relaxations it does, and notes it in the record, as `observed_errors`."""


def gfn2_xtb(accuracy: float) -> Recipe:
    """Give what the reference asks xtb for."""
    return Recipe("xtb", "GFN2-xTB", None, qcschema.keywords(accuracy, None))


@dataclass(frozen=True, slots=True)
class ThroughQCEngine:
    """A program that QCEngine drives; see `Program`.

    Attributes:
        recipe: The program, and what it is asked for.
        accuracy: Numerical accuracy of GFN2-xTB; other programs have keywords for theirs.
        max_steps: Steps that each relaxation may take.
        scratch: An existing folder for everything that the programs write.
        resources: What a calculation may take.
        version: That of the program.
    """

    recipe: Recipe
    accuracy: float
    max_steps: int
    deadline: Deadline
    scratch: Path
    resources: Resources = field(default_factory=Resources)
    version: str = field(init=False)

    def __post_init__(self) -> None:
        """Look for the program.

        Raises:
            ProgramMissing: If it is not installed here.
        """
        object.__setattr__(self, "version", find(self.recipe.program))

    @property
    def name(self) -> str:
        """All programs and versions that take part, and what they compute."""
        program, told = self.recipe.program, ""
        if program == "xtb":
            program = "xtb-python"
        else:
            told = f" {self.recipe.title}"
        return (
            f"qcengine {version('qcengine')} "
            f"({program} {self.version}{told}, geometric {version('geometric')})"
        )

    @property
    def solvent(self) -> str | None:
        """None."""
        return None

    @property
    def lacks(self) -> frozenset[str]:
        """What QCEngine does not pass on."""
        return frozenset({"gap"})

    def in_vacuum(self) -> ThroughQCEngine:
        """Give the same; see `Program.in_vacuum`."""
        return self

    def orbitals(self, *_asked: object) -> Orbitals:
        """Refuse; see `lacks`."""
        raise NotByEngine(self.name, "orbitals", "tblite")

    def single_point(
        self, species: Species, state: ElectronicState, positions: Positions
    ) -> SinglePoint:
        """Compute an energy; see `Program.single_point`."""
        when = f"before the energy of its {state.name}"
        record = self._atomic(species, state, positions, "energy", when)
        return SinglePoint(_number(record["return_result"]), record)

    def relax(
        self,
        species: Species,
        state: ElectronicState,
        start: Positions,
        like: Relaxation | None = None,  # noqa: ARG002  # QCEngine takes no Hessian
    ) -> Relaxation:
        """Find a minimum; see `Program.relax`."""
        asked = qcschema.optimization_input(
            self._molecule(species, state, start),
            self.recipe.program,
            self.max_steps,
            dict(self.recipe.keywords),
            self._model,
        )
        when = f"while its {state.name} relaxed"
        record = self._compute(asked, "geometric", species, state, when)
        match record:
            case {"energies": list(energies), "final_molecule": dict(final)}:
                positions = np.array(final["geometry"], dtype=np.float64).reshape(-1, 3)
                steps = len(energies) - 1
                return Relaxation(_number(energies[-1]), positions, steps, _without_output(record))
        raise TypeError("QCEngine answered without a geometry.")

    def gradients(
        self, species: Species, state: ElectronicState, geometries: Sequence[Positions]
    ) -> list[npt.NDArray[np.float64]]:
        """Compute gradients; see `Program.gradients`."""
        when = f"while its {state.name} was looked at"
        return [
            np.array(
                self._atomic(species, state, positions, "gradient", when)["return_result"],
                dtype=np.float64,
            ).reshape(-1, 3)
            for positions in geometries
        ]

    def _atomic(
        self,
        species: Species,
        state: ElectronicState,
        positions: Positions,
        driver: qcschema.Driver,
        when: str,
    ) -> Record:
        described = self._molecule(species, state, positions)
        told = dict(self.recipe.keywords)
        asked = qcschema.atomic_input(described, driver, told, self._model)
        asked["protocols"] = _PROTOCOLS
        return self._compute(asked, self.recipe.program, species, state, when)

    def _molecule(self, species: Species, state: ElectronicState, positions: Positions) -> Record:
        described = qcschema.molecule(species, state, positions)
        # Programs that look for symmetry would keep it, and turn the molecule.
        return described if self.recipe.program == "xtb" else described | {"fix_symmetry": "c1"}

    @property
    def _model(self) -> Record:
        model: Record = {"method": self.recipe.model}
        return model if self.recipe.basis is None else model | {"basis": self.recipe.basis}

    def _compute(
        self, asked: Record, procedure: str, species: Species, state: ElectronicState, when: str
    ) -> Record:
        self.deadline.check(species.smiles, when)
        with (
            tempfile.TemporaryDirectory(dir=self.scratch) as folder,
            _contained(folder),
            ended_in_time(self.deadline),
        ):
            config = self.resources.task_config(self.recipe.program, folder)
            answer = qcengine.compute(asked, procedure, task_config=config)
        record: Record = json.loads(answer.json())
        if not record["success"]:
            self.deadline.check(species.smiles, when)
            raise Failing(species, state, self.recipe, self.max_steps).reason(record)
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


def _without_output(record: Record) -> Record:
    """Leave out what programs printed on the way: it is longer than everything else."""
    points = record.get("trajectory")
    kept: list[JsonValue] = [
        point | {"stdout": None, "stderr": None}
        for point in (points if isinstance(points, list) else ())
        if isinstance(point, dict)
    ]
    return record | {"trajectory": kept, "stdout": None, "stderr": None}


def _number(value: JsonValue) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"QCEngine answered {value!r} where QCSchema has an energy.")
