"""QCSchema, version 1, as plain values that QCElemental's models accept.

See https://molssi-qc-schema.readthedocs.io. Written by hand, because building the models takes
longer than the chemistry of a small molecule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue
from rdkit import Chem

from molsteer.simulator.molecule.species import ElectronicState, Positions, Species, has_f_electrons
from molsteer.simulator.port import Record

Driver = Literal["energy", "gradient"]
"""What an atomic calculation returns."""


def molecule(species: Species, state: ElectronicState, positions: Positions) -> Record:
    """Describe a geometry in one electronic state."""
    kekule = Chem.Mol(species.molecule)
    Chem.Kekulize(kekule)
    bonds: list[JsonValue] = [
        [bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), bond.GetBondTypeAsDouble()]
        for bond in kekule.GetBonds()
    ]
    # QCElemental counts the electrons in f orbitals too, and refuses the spin of the others.
    unusual: Record = {"validated": True} if has_f_electrons(species.molecule) else {}
    return {
        "schema_name": "qcschema_molecule",
        "schema_version": 2,
        "symbols": list(species.symbols),
        "geometry": _numbers(positions),
        "molecular_charge": state.charge,
        "molecular_multiplicity": state.multiplicity,
        "connectivity": bonds or None,
        "identifiers": {"canonical_isomeric_smiles": species.smiles, "inchikey": species.inchikey},
        "fix_com": True,
        "fix_orientation": True,
        **unusual,
    }


GFN2_XTB: Record = {"method": "GFN2-xTB"}
"""The model of the programs in this process."""


def keywords(accuracy: float, solvent: str | None) -> Record:
    """Name what GFN2-xTB is told; a solvent is one of ALPB, as tblite calls it."""
    return {"accuracy": accuracy} | ({} if solvent is None else {"alpb-solvation": solvent})


def atomic_input(
    described: Record, driver: Driver, told: Record, model: Record = GFN2_XTB
) -> Record:
    """Ask for the energy or gradient of a described molecule; `told` are keywords."""
    return {
        "schema_name": "qcschema_input",
        "schema_version": 1,
        "molecule": described,
        **_specification(driver, told, model),
    }


def atomic_result(
    asked: Record, energy: float, gradient: npt.NDArray[np.float64], provenance: Record
) -> Record:
    """Answer an `atomic_input`."""
    return {
        **asked,
        "schema_name": "qcschema_output",
        "properties": {
            "calcinfo_natom": len(gradient),
            "return_energy": energy,
            "return_gradient": _numbers(gradient),
        },
        "return_result": energy if asked["driver"] == "energy" else _numbers(gradient),
        "provenance": provenance,
        "success": True,
    }


def optimization_input(
    described: Record, program: str, max_steps: int, told: Record, model: Record = GFN2_XTB
) -> Record:
    """Ask for the minimum near a described molecule; `told` are keywords."""
    return {
        "schema_name": "qcschema_optimization_input",
        "schema_version": 1,
        "keywords": {"program": program, "maxiter": max_steps},
        "protocols": {"trajectory": "initial_and_final"},
        "input_specification": {
            "schema_name": "qcschema_input",
            "schema_version": 1,
            **_specification("gradient", told, model),
        },
        "initial_molecule": described,
    }


def optimization_result(
    asked: Record, energies: Sequence[float], ends: tuple[Record, Record], provenance: Record
) -> Record:
    """Answer an `optimization_input` with all energies, and the atomic results at both ends."""
    return {
        **asked,
        "schema_name": "qcschema_optimization_output",
        "energies": list(energies),
        "final_molecule": ends[1]["molecule"],
        "trajectory": list(ends),
        "provenance": provenance,
        "success": True,
    }


def _specification(driver: Driver, told: Record, model: Record) -> Record:
    return {"driver": driver, "model": model, "keywords": told}


def _numbers(array: npt.NDArray[np.float64]) -> list[JsonValue]:
    return [float(number) for number in array.ravel()]
