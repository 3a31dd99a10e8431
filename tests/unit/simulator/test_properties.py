"""Properties of xtb beside numbers that the engines' own interfaces give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support.simulation import ENGINES, need_engine, simulated

from molsteer.shared.wire.catalogue import SOLVENTS
from molsteer.simulator.errors import Dissociated
from molsteer.simulator.port import Computed

IN_EV = 27.211386245988
TIGHT_eV = 1e-4
FAST = ["tblite", "xtb-python"]

MOLECULES = ["CCO", "C=O", "[CH3]", "N#N"]
UNPAIRED_IN_ATOMS = {"H": 1, "C": 2, "N": 3, "O": 2}
IN_ATOMS = {"H": 1, "C": 6, "N": 7, "O": 8}


def by_hand(
    engine: str,
    symbols: Sequence[str],
    positions: npt.NDArray[np.float64],
    charge: int,
    unpaired: int,
    solvent: str | None = None,
) -> tuple[float, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give energy, orbital energies and occupations, all without code of molsteer."""
    numbers = np.array([IN_ATOMS[symbol] for symbol in symbols])
    if engine == "tblite":
        from tblite.interface import Calculator

        calculator: Any = Calculator("GFN2-xTB", numbers, positions, charge, unpaired)
        calculator.set("accuracy", 0.05)
        calculator.set("verbosity", 0)
        if solvent is not None:
            calculator.add("alpb-solvation", solvent)
        found = calculator.singlepoint()
        orbitals = found.get("orbital-energies"), found.get("orbital-occupations")
        return float(found.get("energy")), *orbitals
    from xtb.interface import Calculator as XtbCalculator
    from xtb.interface import Param
    from xtb.libxtb import VERBOSITY_MUTED

    calculator = XtbCalculator(Param.GFN2xTB, numbers, positions, charge, unpaired)
    calculator.set_accuracy(0.05)
    calculator.set_verbosity(VERBOSITY_MUTED)
    found = calculator.singlepoint()
    orbitals = found.get_orbital_eigenvalues(), found.get_orbital_occupations()
    return float(found.get_energy()), *orbitals


def relaxed(found: Computed, record: str) -> tuple[list[str], npt.NDArray[np.float64], int, int]:
    """Read a relaxed geometry with its charge and unpaired electrons from a record."""
    molecule: Any = found.records[record]["final_molecule"]
    positions = np.array(molecule["geometry"], dtype=float).reshape(-1, 3)
    spin = molecule["molecular_multiplicity"] - 1
    return molecule["symbols"], positions, int(molecule["molecular_charge"]), spin


def values_eV(found: Computed) -> dict[str, float]:
    assert {quantity.unit for quantity in found.values.values()} == {"eV"}
    return {name: quantity.value for name, quantity in found.values.items()}


@pytest.mark.parametrize("engine", FAST)
@pytest.mark.parametrize(("smiles", "of_anion"), [("CCO", 1), ("[CH3]", 0), ("N#N", 1)])
def test_vertical_affinities_are_differences_at_the_geometry_of_the_neutral(
    engine: str, smiles: str, of_anion: int
) -> None:
    need_engine(engine)
    found = simulated(smiles, "vertical_electron_affinity", engine=engine)
    symbols, positions, charge, unpaired = relaxed(found, "neutral")
    neutral, *_ = by_hand(engine, symbols, positions, charge, unpaired)
    anion, *_ = by_hand(engine, symbols, positions, -1, of_anion)
    expected_eV = pytest.approx((neutral - anion) * IN_EV, abs=TIGHT_eV)
    assert values_eV(found) == {"vertical_electron_affinity": expected_eV}
    assert found.multiplicities["anion"] == of_anion + 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("smiles", ["C=O", "[CH3]", "N#N"])
def test_adiabatic_affinities_are_differences_of_relaxed_energies(engine: str, smiles: str) -> None:
    need_engine(engine)
    found = simulated(smiles, "adiabatic_electron_affinity", engine=engine)
    energies = [
        by_hand("xtb-python" if engine == "qcengine" else engine, *relaxed(found, name))[0]
        for name in ("neutral", "anion")
    ]
    values = values_eV(found)
    expected_eV = (energies[0] - energies[1]) * IN_EV
    assert values["adiabatic_electron_affinity"] == pytest.approx(expected_eV, abs=TIGHT_eV)
    assert values["adiabatic_electron_affinity"] > values["vertical_electron_affinity"]
    assert relaxed(found, "anion")[2] == -1
    assert set(found.steps) == {"neutral", "anion"}


@pytest.mark.parametrize("engine", FAST)
@pytest.mark.parametrize("smiles", MOLECULES)
def test_the_gap_lies_between_the_orbitals_that_hold_electrons_and_the_next(
    engine: str, smiles: str
) -> None:
    need_engine(engine)
    found = simulated(smiles, "homo_lumo_gap", engine=engine)
    _, energies, occupations = by_hand(engine, *relaxed(found, "neutral"))
    filled = int((occupations > 0.5).sum())
    expected_eV = (energies[filled] - energies[filled - 1]) * IN_EV
    assert values_eV(found) == {"homo_lumo_gap": pytest.approx(expected_eV, abs=TIGHT_eV)}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("smiles", MOLECULES)
def test_the_atomization_energy_is_that_of_ground_state_atoms_less_the_molecule(
    engine: str, smiles: str
) -> None:
    need_engine(engine)
    found = simulated(smiles, "atomization_energy", engine=engine)
    hand = "xtb-python" if engine == "qcengine" else engine
    symbols, positions, charge, unpaired = relaxed(found, "neutral")
    molecule, *_ = by_hand(hand, symbols, positions, charge, unpaired)
    atoms = sum(
        by_hand(hand, [symbol], np.zeros((1, 3)), 0, UNPAIRED_IN_ATOMS[symbol])[0]
        for symbol in symbols
    )
    assert values_eV(found) == {
        "atomization_energy": pytest.approx((atoms - molecule) * IN_EV, abs=TIGHT_eV)
    }


@pytest.mark.parametrize("solvent", ["water", "acetonitrile"])
@pytest.mark.parametrize("smiles", ["CCO", "C=O", "[CH3]"])
def test_the_solvation_energy_is_a_difference_at_the_geometry_in_the_solvent(
    smiles: str, solvent: str
) -> None:
    found = simulated(smiles, "solvation_energy", solvent=solvent)
    molecule = relaxed(found, "neutral")
    wet, *_ = by_hand("tblite", *molecule, solvent=solvent)
    dry, *_ = by_hand("tblite", *molecule)
    assert values_eV(found) == {
        "solvation_energy": pytest.approx((wet - dry) * IN_EV, abs=TIGHT_eV)
    }
    told: Any = found.records["neutral"]["input_specification"]
    assert told["keywords"] == {"accuracy": 0.05, "alpb-solvation": solvent}
    assert "alpb-solvation" not in str(found.records["vacuum"])


def test_everything_of_a_level_with_a_solvent_is_computed_in_it() -> None:
    found = simulated("C=O", "adiabatic_ionization_potential", "homo_lumo_gap", solvent="water")
    energies = {
        name: by_hand("tblite", *relaxed(found, name), solvent="water")[0]
        for name in ("neutral", "cation")
    }
    symbols, positions, *_ = relaxed(found, "neutral")
    vertical, *_ = by_hand("tblite", symbols, positions, 1, 1, solvent="water")
    _, orbitals, _ = by_hand("tblite", symbols, positions, 0, 0, solvent="water")
    values = values_eV(found)
    for name, energy in (("adiabatic", energies["cation"]), ("vertical", vertical)):
        expected_eV = (energy - energies["neutral"]) * IN_EV
        assert values[f"{name}_ionization_potential"] == pytest.approx(expected_eV, abs=TIGHT_eV)
    gap_eV = (orbitals[6] - orbitals[5]) * IN_EV  # formaldehyde has 12 outer electrons
    assert values["homo_lumo_gap"] == pytest.approx(gap_eV, abs=TIGHT_eV)


def test_a_relaxation_in_a_solvent_ends_at_its_own_minimum() -> None:
    wet, dry = (simulated("CO", "atomization_energy", solvent=name) for name in ("water", None))
    symbols, elsewhere, *_ = relaxed(dry, "neutral")
    own, *_ = by_hand("tblite", *relaxed(wet, "neutral"), solvent="water")
    there, *_ = by_hand("tblite", symbols, elsewhere, 0, 0, solvent="water")
    assert own < there - 1e-6


def test_the_solvents_that_are_offered_are_those_of_the_engine() -> None:
    hydrogen = ["H", "H"], np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.4]]), 0, 0
    for name in SOLVENTS["xtb"]:
        energy, *_ = by_hand("tblite", *hydrogen, solvent=name)
        assert np.isfinite(energy), name


@pytest.mark.parametrize("smiles", ["C=O", "CCO", "[CH3]", "O=O"])
def test_an_electron_is_harder_to_take_than_to_get_back(smiles: str) -> None:
    wanted = ("vertical_ionization_potential", "vertical_electron_affinity")
    values = values_eV(simulated(smiles, *wanted))
    assert values[wanted[0]] > values[wanted[1]]


def test_water_is_held_together_and_held_by_water() -> None:
    vacuum = values_eV(simulated("O", "atomization_energy"))
    assert 10.0 < vacuum["atomization_energy"] < 15.0  # by experiment 10 eV
    assert (
        -1.0
        < values_eV(simulated("O", "solvation_energy", solvent="water"))["solvation_energy"]
        < -0.1
    )


def test_an_anion_that_falls_apart_says_that_other_properties_remain() -> None:
    with pytest.raises(Dissociated, match="or properties that need the anion") as failure:
        simulated("O", "adiabatic_electron_affinity")
    assert failure.value.state == "anion"


@pytest.mark.parametrize("engine", FAST)
def test_the_records_of_single_points_are_valid_qcschema(engine: str) -> None:
    need_engine(engine)
    models = pytest.importorskip("qcelemental.models.v1")
    wanted = ("vertical_electron_affinity", "homo_lumo_gap")
    found = simulated("C=O", *wanted, engine=engine)
    assert list(found.records) == ["neutral", "vertical_anion", "orbitals"]
    anion = models.AtomicResult(**found.records["vertical_anion"])
    orbitals = models.AtomicResult(**found.records["orbitals"])
    assert anion.molecule.molecular_charge == -1
    energies = orbitals.extras["orbital_energies"]
    gap_eV = (energies[6] - energies[5]) * IN_EV
    assert values_eV(found)["homo_lumo_gap"] == pytest.approx(gap_eV)
