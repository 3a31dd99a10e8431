"""Free atoms."""

from __future__ import annotations

import pytest
from rdkit import Chem

from molsteer.simulator.deadline import Deadline
from molsteer.simulator.engines.installed import engine_named
from molsteer.simulator.molecule.atoms import free_atom
from molsteer.simulator.programs.in_process import InProcess
from molsteer.simulator.properties.free_atoms import FreeAtoms

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("symbol", "multiplicity"),
    [
        *(("H", 2), ("He", 1), ("C", 3), ("N", 4), ("O", 3), ("F", 2), ("Ne", 1)),
        *(("Cr", 7), ("Fe", 5), ("Zn", 1), ("Br", 2), ("Pd", 1), ("I", 2)),
        *(("La", 2), ("Gd", 2), ("Lu", 2), ("Hf", 3), ("Pt", 3), ("Au", 2), ("Hg", 1), ("Rn", 1)),
    ],
)
def test_an_atom_is_in_its_ground_state(symbol: str, multiplicity: int) -> None:
    species, state = free_atom(Chem.GetPeriodicTable().GetAtomicNumber(symbol))
    assert species.symbols == [symbol]
    assert (state.multiplicity, state.charge) == (multiplicity, 0)


@pytest.mark.parametrize(
    ("number", "hartree"),
    [(1, -0.39348), (6, -1.79330), (7, -2.60582), (8, -3.76761), (16, -3.14646), (17, -4.48253)],
)
def test_atoms_have_the_energies_that_molecular_design_takes(number: int, hartree: float) -> None:
    program = InProcess(engine_named("tblite"), 0.05, 1, Deadline.after(60.0))
    assert FreeAtoms().energy([number], program) == pytest.approx(hartree, abs=1e-5)


def test_every_element_of_the_method_has_an_energy(capfd: pytest.CaptureFixture[str]) -> None:
    program = InProcess(engine_named("tblite"), 0.05, 1, Deadline.after(60.0))
    for number in range(1, 87):
        assert FreeAtoms().energy([number], program) < 0.0
    assert capfd.readouterr() == ("", "")
