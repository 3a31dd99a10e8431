"""Simulations for tests: one molecule in this process, or many in processes of one thread each."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from molsteer.shared.wire.specs import Multiplicity, SimulationSpec
from molsteer.simulator.app import program_for
from molsteer.simulator.deadline import Deadline

if TYPE_CHECKING:
    from molsteer.simulator.port import Computed

ENGINES = {"tblite": "tblite", "xtb-python": "xtb", "qcengine": "xtb"}


def need_engine(name: str) -> None:
    """Skip where an engine is not installed; where it must be, that is a failure."""
    if find_spec(ENGINES[name]) is None:
        if os.environ.get("CI") and (name == "tblite" or sys.version_info < (3, 12)):
            pytest.fail(f"The engine {name} is not installed.")
        pytest.skip(f"The engine {name} is not installed.")


def need_program(name: str) -> None:
    """Skip where a program is not installed; where everything must be, that is a failure."""
    if shutil.which(name) is None:
        if os.environ.get("CI"):
            pytest.fail(f"The program {name} is not installed.")
        pytest.skip(f"The program {name} is not installed.")


def simulated(
    smiles: str,
    *wanted: str,
    engine: str = "auto",
    solvent: str | None = None,
    max_steps: int = 300,
    limit_s: float = 120.0,
    multiplicity: Multiplicity = "rule",
) -> Computed:
    """Compute properties of a molecule by xtb, and see that nothing is left of it on the disk."""
    from molsteer.simulator.molecule.species import read_species
    from molsteer.simulator.molecule.spin import states
    from molsteer.simulator.properties.free_atoms import FreeAtoms
    from molsteer.simulator.properties.study import Study
    from molsteer.simulator.properties.table import compute

    asked = {"engine": engine, "solvent": solvent, "max_steps": max_steps}
    deadline = Deadline.after(limit_s)
    with TemporaryDirectory() as scratch:
        program = program_for(SimulationSpec.model_validate(asked), deadline, Path(scratch))
        species = read_species(smiles)
        spins = states(species, multiplicity, None)
        found = compute(Study(species, spins, program, deadline, FreeAtoms()), wanted)
        assert not list(Path(scratch).iterdir()), "the simulation left files behind"
    return found


def potentials_eV(found: Computed) -> tuple[float, float]:
    """Give the adiabatic and the vertical ionization potential."""
    return (
        found.values["adiabatic_ionization_potential"].value,
        found.values["vertical_ionization_potential"].value,
    )


def adiabatic_or_failure(smiles: str) -> float | str:
    """Give a potential in eV, or the reason why there is none."""
    from molsteer.shared.errors import TaskError

    try:
        return potentials_eV(simulated(smiles))[0]
    except TaskError as error:
        return str(error)


def adiabatic_of_many(smiles: Sequence[str]) -> list[float | str]:
    """Potentials in eV or reasons why there is none, from two processes of one thread each."""
    with (
        patch.dict(os.environ, {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}),
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool,
    ):
        return list(pool.map(adiabatic_or_failure, smiles))
