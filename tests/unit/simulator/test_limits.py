"""What a search space takes in is what the simulator takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdkit import rdBase

from molsteer.shared.errors import UserError
from molsteer.simulator.molecule.species import read_species
from molsteer.steering.space.admission import Admission
from molsteer.steering.space.admitting import Admitted, admit

pytestmark = pytest.mark.fast

QM9 = Path(__file__).parents[3] / "examples" / "qm9.smi"
ODD = [
    "[He]",
    "[Na+]",
    "[U]",
    "C[U]C",
    "F[U](F)(F)(F)(F)F",
    "[H][H]",
    "[2H][H]",
    "[H]",
    "[H+]",
    "[H-]",
    "[H][H+]",
    "[OH-]",
    "[NH4+]",
    "[2H]C",
    "C",
    "[13CH4]",
    "[O][O]",
    "O=O",
    "C*",
    "[Na+].[Cl-]",
    "C[N+](C)(C)C",
    "[Fe]",
    "F[Gd](F)F",
    "[Rn]",
    "C[Rn]C",
    "[Fr]C",
    "[LiH]",
    "[Li+]",
    "[CH3:5][OH:1]",
    "[H:1]OC",
    "N[Pt](N)(Cl)Cl",
    "[C+6][C+6]",
    "[Na][Na+]",
    "[Na][Na]",
    "[CH3]",
    "c1cc[c+]1",
    "C(C)(C)(C)(C)C",
    "hello",
]


def is_simulated(smiles: str) -> bool:
    try:
        read_species(smiles)
    except UserError:
        return False
    return True


@pytest.mark.parametrize("smiles", ODD)
def test_a_space_takes_in_what_the_simulator_takes_and_nothing_else(smiles: str) -> None:
    with rdBase.BlockLogs():
        assert isinstance(admit(smiles, Admission()), Admitted) == is_simulated(smiles)


def test_both_name_molecules_alike() -> None:
    molecules = [line.split()[0] for line in QM9.read_text(encoding="utf-8").splitlines()[:300]]
    with rdBase.BlockLogs():
        for smiles in [*molecules, *filter(is_simulated, ODD)]:
            admitted = admit(smiles, Admission())
            assert isinstance(admitted, Admitted)
            assert admitted.smiles == read_species(smiles).smiles
            assert admitted.smiles == read_species(admitted.smiles).smiles
