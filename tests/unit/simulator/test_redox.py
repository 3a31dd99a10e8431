"""Potentials against an electrode, beside numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.simulation import need_engine, simulated

from molsteer.shared.wire.catalogue import PROPERTIES
from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.app import xtb_vertical
from molsteer.simulator.port import Computed

FARADAY_C_PER_MOL, AVOGADRO_PER_MOL = 96485.33212, 6.02214076e23
HARTREE_IN_J, SHE_V = 4.3597447222071e-18, 4.44


def energy_by_hand(found: Computed, record: str, solvent: str | None) -> float:
    """Compute in hartree what a record says that it is of, without code of molsteer."""
    from tblite.interface import Calculator

    kept: Any = found.records[record]
    molecule = kept.get("final_molecule") or kept["molecule"]
    numbers = np.array([{"H": 1, "C": 6, "N": 7, "O": 8}[each] for each in molecule["symbols"]])
    positions = np.array(molecule["geometry"]).reshape(-1, 3)
    charge, unpaired = molecule["molecular_charge"], molecule["molecular_multiplicity"] - 1
    calculator = Calculator("GFN2-xTB", numbers, positions, charge, unpaired)
    calculator.set("accuracy", 0.05)
    calculator.set("verbosity", 0)
    if solvent is not None:
        calculator.add("alpb-solvation", solvent)
    return float(calculator.singlepoint().get("energy"))


def potential_V(oxidised: float, reduced: float) -> float:
    """Give -ΔG / nF of the uptake of one electron, against the hydrogen electrode."""
    change_J_per_mol = (reduced - oxidised) * HARTREE_IN_J * AVOGADRO_PER_MOL
    return -change_J_per_mol / FARADAY_C_PER_MOL - SHE_V


@pytest.mark.parametrize("solvent", [None, "water"])
@pytest.mark.parametrize(
    ("name", "oxidised", "reduced"),
    [
        ("oxidation_potential", "cation", "neutral"),
        ("vertical_oxidation_potential", "vertical", "neutral"),
        ("reduction_potential", "neutral", "anion"),
        ("vertical_reduction_potential", "neutral", "vertical_anion"),
    ],
)
def test_a_potential_is_the_free_energy_of_a_reduction_against_the_hydrogen_electrode(
    name: str, oxidised: str, reduced: str, solvent: str | None
) -> None:
    need_engine("tblite")
    found = simulated("C=O", name, engine="tblite", solvent=solvent)
    by_hand = potential_V(
        energy_by_hand(found, oxidised, solvent), energy_by_hand(found, reduced, solvent)
    )
    assert found.values[name].value == pytest.approx(by_hand, abs=2e-4)
    assert found.values[name].unit == PROPERTIES[name].unit == "V"


def test_what_is_oxidised_easily_has_the_lower_potential() -> None:
    need_engine("tblite")
    name = "vertical_oxidation_potential"
    methylamine, hydrogen_cyanide = (
        simulated(smiles, name, engine="tblite").values[name].value for smiles in ("CN", "C#N")
    )
    assert methylamine < hydrogen_cyanide


def test_a_charged_molecule_loses_and_takes_up_its_own_electron() -> None:
    need_engine("tblite")
    found = simulated(
        "[NH4+]", "vertical_oxidation_potential", "vertical_reduction_potential", engine="tblite"
    )
    charges = {
        record: found.records[record].get("final_molecule", found.records[record].get("molecule"))
        for record in ("neutral", "vertical", "vertical_anion")
    }
    told: dict[str, Any] = dict(charges)
    assert {name: each["molecular_charge"] for name, each in told.items()} == {
        "neutral": 1,
        "vertical": 2,
        "vertical_anion": 0,
    }
    assert (
        found.values["vertical_oxidation_potential"].value
        > found.values["vertical_reduction_potential"].value
    )


def test_potentials_against_an_electrode_come_only_where_they_are_asked_for() -> None:
    need_engine("tblite")
    assert {each.unit for each in simulated("O", engine="tblite").values.values()} == {"eV"}


def test_a_screening_without_a_relaxation_gives_the_vertical_ones(tmp_path: Path) -> None:
    need_engine("tblite")
    name = "vertical_oxidation_potential"
    spec = SimulationSpec(method="xtb-vertical", engine="tblite")
    found = xtb_vertical()("O", spec, {name: "V"}, tmp_path, 60.0)
    vertical_eV = found.values["vertical_ionization_potential"].value
    assert found.values[name].value == pytest.approx(vertical_eV - SHE_V, abs=1e-9)
