"""Levels that another program computes, beside energies of the same program by hand."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.simulation import need_program

from molsteer.shared.errors import TaskError, UserError
from molsteer.shared.wire.levels import READY
from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.app import program_for, simulator_by
from molsteer.simulator.checks import look_at_program
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.errors import NotConverged, ScfFailed, TimeLimit, UnsupportedElement
from molsteer.simulator.molecule.embedding import embed
from molsteer.simulator.molecule.species import read_species
from molsteer.simulator.molecule.spin import states
from molsteer.simulator.port import Computed
from molsteer.simulator.programs.errors import (
    OutOfMemory,
    ProgramMissing,
    RecipeIncomplete,
    RecipeRefused,
)

ADIABATIC, VERTICAL = "adiabatic_ionization_potential", "vertical_ionization_potential"
ATOMIZATION = "atomization_energy"

HF = SimulationSpec(
    method="qcengine", program="nwchem", model="hf", basis="sto-3g", keywords={"scf__uhf": True}
)


def computed(
    smiles: str, spec: SimulationSpec, *wanted: str, folder: Path, limit_s: float = 300.0
) -> Computed:
    """Compute by another program, and see that it leaves nothing behind."""
    scratch = folder / "scratch"
    scratch.mkdir()
    try:
        compute = simulator_by(spec.method)
        return compute(smiles, spec, dict.fromkeys(wanted, "eV"), scratch, limit_s)
    finally:
        assert list(scratch.iterdir()) == []


def energy(smiles: str, spec: SimulationSpec, folder: Path) -> float:
    """Give the energy in hartree of a molecule at the geometry of a force field."""
    deadline, species = Deadline.after(300.0), read_species(smiles)
    state = states(species, "rule", None)["neutral"]
    program = program_for(spec, deadline, folder)
    return program.single_point(species, state, embed(species, deadline)).energy


def test_potentials_of_water_by_hartree_fock_are_those_of_nwchem_itself(tmp_path: Path) -> None:
    need_program("nwchem")
    found = computed("O", HF, ADIABATIC, folder=tmp_path)
    assert found.values[ADIABATIC].value == pytest.approx(8.05887, abs=5e-4)
    assert found.values[VERTICAL].value == pytest.approx(8.26192, abs=5e-4)
    assert "shifted_ionization_potential" not in found.values
    assert found.engine.startswith("qcengine ")
    assert "nwchem 7" in found.engine
    assert "HF/STO-3G" in found.engine
    neutral: Any = found.records["neutral"]
    assert neutral["energies"][-1] == pytest.approx(-74.96590119, abs=2e-6)
    assert neutral["input_specification"]["model"] == {"method": "hf", "basis": "sto-3g"}
    assert neutral["stdout"] is None
    assert found.multiplicities == {"neutral": 1, "cation": 2}


def test_a_vertical_potential_by_b3lyp_is_that_of_nwchem_itself(tmp_path: Path) -> None:
    need_program("nwchem")
    spec = HF.model_copy(update={"model": "b3lyp", "basis": "6-31g*", "keywords": {}})
    found = computed("O", spec, VERTICAL, folder=tmp_path)
    assert found.values[VERTICAL].value == pytest.approx(12.36379, abs=5e-4)
    neutral: Any = found.records["neutral"]
    assert neutral["energies"][-1] == pytest.approx(-76.40895390, abs=5e-6)


def test_an_atomization_energy_is_counted_from_the_programs_own_atoms(tmp_path: Path) -> None:
    need_program("nwchem")
    found = computed("[H][H]", HF, ATOMIZATION, folder=tmp_path)
    # Two hydrogen atoms of -0.46658185 hartree each, and the molecule at its minimum.
    assert found.values[ATOMIZATION].value == pytest.approx(
        (2 * -0.46658185 + 1.11750590) * 27.211386, abs=2e-3
    )


def test_two_processes_give_the_energy_of_one(tmp_path: Path) -> None:
    need_program("nwchem")
    need_program("mpirun")
    alone, together = (
        energy("[H][H]", HF.model_copy(update={"cores": cores}), tmp_path) for cores in (1, 2)
    )
    assert together == pytest.approx(alone, abs=1e-8)


@pytest.mark.parametrize(
    ("changes", "kind", "told"),
    [
        ({"basis": "nonsense"}, RecipeRefused, "the basis set 'nonsense' for 'O'"),
        ({"model": "nonsense"}, RecipeRefused, "the model 'nonsense'"),
        ({"keywords": {"scf__nonsense": True}}, RecipeRefused, "a keyword"),
        ({"memory_GiB": 0.001}, OutOfMemory, "more memory_GiB"),
        ({"max_steps": 1}, NotConverged, "did not settle within 1 steps"),
        ({"program": "nwchm"}, ProgramMissing, "Did you mean nwchem?"),
        ({"program": "cfour"}, ProgramMissing, "'cfour' is not installed here. Install it"),
        ({"model": None}, RecipeIncomplete, "needs a model"),
    ],
)
def test_what_the_program_refuses_is_told_with_its_cure(
    changes: dict[str, Any], kind: type[TaskError], told: str, tmp_path: Path
) -> None:
    need_program("nwchem")
    with pytest.raises(kind) as caught:
        computed("O", HF.model_copy(update=changes), ADIABATIC, folder=tmp_path)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 700
    assert "\n" not in str(caught.value)


def test_a_density_that_does_not_settle_is_not_tried_again_with_other_keywords(
    tmp_path: Path,
) -> None:
    need_program("nwchem")
    spec = HF.model_copy(update={"keywords": {"scf__uhf": True, "scf__maxiter": 1}})
    with pytest.raises(ScfFailed, match="Allow more iterations by the level's keywords"):
        energy("O", spec, tmp_path)


def test_a_program_is_ended_when_the_time_is_over(tmp_path: Path) -> None:
    need_program("nwchem")
    slow = HF.model_copy(update={"model": "b3lyp", "basis": "6-311++g**", "keywords": {}})
    with pytest.raises(TimeLimit):
        computed("c1ccc2ccccc2c1", slow, VERTICAL, folder=tmp_path, limit_s=8.0)
    listed = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "nwchem" not in listed.stdout


def test_elements_beyond_those_that_the_rules_count_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedElement, match="hydrogen to barium"):
        computed("C[Ce]C", HF, VERTICAL, folder=tmp_path)


def test_a_missing_program_is_told_with_how_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissing, match="apt-get install nwchem") as caught:
        computed("O", HF, VERTICAL, folder=tmp_path)
    assert caught.value.retryable
    assert isinstance(caught.value, UserError)
    (finding,) = look_at_program("nwchem")
    assert finding.result == "skipped"
    assert "small_basis" in finding.sentence


def test_the_doctor_tells_that_the_program_is_there() -> None:
    need_program("nwchem")
    assert [finding.result for finding in look_at_program("nwchem")] == ["ok"]


def test_the_ready_made_levels_are_those_of_molecular_design() -> None:
    assert {name: recipe.title for name, recipe in READY.items()} == {
        "small_basis": "B3LYP/3-21G",
        "normal_basis": "B3LYP/6-31G(2DF,P)",
        "diffuse_basis": "B3LYP/6-311++G**",
    }


@pytest.mark.parametrize(
    ("method", "hartree"),
    [("small_basis", -1.17), ("normal_basis", -1.17), ("diffuse_basis", -1.18)],
)
def test_a_ready_made_level_computes_hydrogen(method: str, hartree: float, tmp_path: Path) -> None:
    need_program("nwchem")
    spec = SimulationSpec(method=method)
    assert energy("[H][H]", spec, tmp_path) == pytest.approx(hartree, abs=0.01)
