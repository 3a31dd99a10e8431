"""Vertical differences without any relaxation, beside numbers of the engine's own interface."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers
from support.simulation import need_engine

from molsteer.shared.errors import UserError
from molsteer.shared.wire.catalogue import OFFERED
from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.app import simulator_by, xtb
from molsteer.simulator.errors import UnknownProperty
from molsteer.simulator.port import Computed

IN_EV = 27.211386245988
BOHR_IN_ANGSTROM = 0.529177210903
SPEC = SimulationSpec(method="xtb-vertical", engine="tblite")


def vertical(smiles: str, *wanted: str, folder: Path) -> Computed:
    return simulator_by("xtb-vertical")(smiles, SPEC, dict.fromkeys(wanted, "eV"), folder, 60.0)


def energy_by_hand(smiles: str, charge: int, unpaired: int) -> float:
    """Give the energy at the geometry of a force field, all without code of molsteer."""
    from tblite.interface import Calculator

    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    rdDistGeom.EmbedMolecule(molecule, randomSeed=1)
    rdForceFieldHelpers.MMFFOptimizeMolecule(molecule, maxIters=2000)
    numbers = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()])
    positions = np.array(molecule.GetConformer().GetPositions()) / BOHR_IN_ANGSTROM
    calculator = Calculator("GFN2-xTB", numbers, positions, charge, unpaired)
    calculator.set("accuracy", 0.05)
    calculator.set("verbosity", 0)
    return float(calculator.singlepoint().get("energy"))


@pytest.mark.parametrize("smiles", ["O", "CCO", "N#N"])
def test_a_vertical_potential_is_a_difference_at_the_geometry_of_the_force_field(
    smiles: str, tmp_path: Path
) -> None:
    need_engine("tblite")
    found = vertical(smiles, folder=tmp_path)
    by_hand = (energy_by_hand(smiles, 1, 1) - energy_by_hand(smiles, 0, 0)) * IN_EV
    vertical_eV = found.values["vertical_ionization_potential"].value
    assert vertical_eV == pytest.approx(by_hand, abs=1e-4)
    assert found.values["shifted_ionization_potential"].value == pytest.approx(
        vertical_eV - 4.8455, abs=1e-9
    )
    assert found.steps == {"neutral": 0}
    assert set(found.records) == {"neutral", "vertical"}


def test_a_vertical_affinity_is_the_difference_with_one_electron_more(tmp_path: Path) -> None:
    need_engine("tblite")
    found = vertical("CCO", "vertical_electron_affinity", folder=tmp_path)
    by_hand = (energy_by_hand("CCO", 0, 0) - energy_by_hand("CCO", -1, 1)) * IN_EV
    assert found.values["vertical_electron_affinity"].value == pytest.approx(by_hand, abs=1e-4)
    assert "vertical_ionization_potential" not in found.values


def test_everything_that_is_offered_is_computed_without_a_relaxation(tmp_path: Path) -> None:
    need_engine("tblite")
    found = vertical("C=O", *OFFERED["xtb-vertical"], folder=tmp_path)
    assert set(found.values) == set(OFFERED["xtb-vertical"])
    assert found.steps == {"neutral": 0}


def test_it_lies_near_the_potential_at_the_relaxed_geometry(tmp_path: Path) -> None:
    need_engine("tblite")
    name = "vertical_ionization_potential"
    relaxed = xtb()("CCO", SimulationSpec(engine="tblite"), {name: "eV"}, tmp_path, 60.0)
    here = vertical("CCO", folder=tmp_path).values[name].value
    assert here == pytest.approx(relaxed.values[name].value, abs=0.3)


def test_what_needs_a_relaxation_is_refused(tmp_path: Path) -> None:
    need_engine("tblite")
    with pytest.raises(UnknownProperty, match="'xtb-vertical' gives no property") as caught:
        vertical("O", "adiabatic_ionization_potential", folder=tmp_path)
    assert isinstance(caught.value, UserError)
