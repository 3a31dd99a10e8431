"""Relaxes molecules as molecular-design does: QCEngine's procedure geometric with xtb.

It reads a SMILES a line, and answers each with one line of JSON: processor seconds, gradients of
neutral and cation together, and the adiabatic ionization potential in eV.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import qcengine
from qcelemental.models import Molecule
from qcelemental.models.procedures import OptimizationInput
from rdkit import Chem
from rdkit.Chem import AllChem

HARTREE_IN_EV = 27.211386245988


def start(smiles: str) -> str:
    """Embed with seed 1, and relax by MMFF."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(molecule, randomSeed=1)
    AllChem.MMFFOptimizeMolecule(molecule)
    return str(Chem.MolToXYZBlock(molecule))


def relaxed(molecule: Molecule, charge: int) -> tuple[float, int, Molecule]:
    """Give energy, gradients, and the molecule at its minimum."""
    fields = {"symbols": molecule.symbols, "geometry": molecule.geometry}
    asked = OptimizationInput(
        input_specification={
            "driver": "gradient",
            "model": {"method": "GFN2-xTB"},
            "keywords": {"accuracy": 0.05},
        },
        initial_molecule=Molecule(**fields, molecular_charge=charge),
        keywords={"program": "xtb"},
    )
    found = qcengine.compute_procedure(
        asked, "geometric", task_config={"ncores": 1}, raise_error=True
    )
    return found.energies[-1], len(found.energies), found.final_molecule


# geomeTRIC writes where it stands.
with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    for line in sys.stdin:
        began = time.process_time()
        first = Molecule.from_data(start(line.strip()), dtype="xyz")
        neutral, some, ended = relaxed(first, 0)
        cation, more, _ = relaxed(ended, 1)
        answer = {
            "cpu_s": time.process_time() - began,
            "gradients": some + more,
            "ip_eV": (cation - neutral) * HARTREE_IN_EV,
        }
        print(json.dumps(answer), flush=True)
