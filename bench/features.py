"""What the features of a molecule cost: milliseconds of one core, and bytes on disk.

    python bench/features.py [--repeats 3]

It featurises molecules of QM9 (`examples/qm9.smi`) and drugs; the last line is one JSON object.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

QM9 = Path(__file__).parents[1] / "examples" / "qm9.smi"
FIRST = 500
DRUGS = (
    "CC(=O)Oc1ccccc1C(=O)O",
    "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
    "CN1C=NC2=C1C(=O)N(C(=O)N2C)C",
    "CN1CCC[C@H]1c1cccnc1",
    "CNCCC(c1ccccc1)Oc1ccc(cc1)C(F)(F)F",
    "Clc1ccc2c(c1)C(=NCC(=O)N2C)c1ccccc1",
    "CC1=C(C(C(=C(N1)C)C(=O)OC)c1ccccc1[N+](=O)[O-])C(=O)OC",
    "COc1ccc2[nH]c(nc2c1)S(=O)Cc1ncc(C)c(OC)c1C",
    "CN(C)CCCN1c2ccccc2CCc2ccccc21",
    "CC(C)NCC(O)COc1cccc2ccccc12",
    "Cc1ccc(cc1)-c1cc(nn1-c1ccc(cc1)S(N)(=O)=O)C(F)(F)F",
    "CN1CCN(CC1)Cc1ccc(cc1)C(=O)Nc1ccc(C)c(c1)Nc1nccc(n1)-c1cccnc1",
    "CCOc1ccc(cc1C1=NC(=O)c2c(N1)c(nn2C)CCC)S(=O)(=O)N1CCN(C)CC1",
    "CC(C)c1c(C(=O)Nc2ccccc2)c(-c2ccccc2)c(-c2ccc(F)cc2)n1CC[C@@H](O)C[C@@H](O)CC(=O)O",
    "OC(=O)COCCN1CCN(CC1)C(c1ccccc1)c1ccc(Cl)cc1",
    "Oc1ccc(cc1O)[C@@H](O)CNC(C)C",
)


def main() -> None:
    """Measure both kinds of molecules."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the processes of a build
    from argparse import ArgumentParser

    from rdkit import rdBase

    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="Runs of which the best counts.")
    repeats = parser.parse_args().repeats
    qm9 = [line.split()[0] for line in QM9.read_text(encoding="utf-8").splitlines()[:FIRST]]
    kinds = {"qm9": tuple(qm9), "drugs": DRUGS}
    found = {name: measure(smiles, repeats) for name, smiles in kinds.items()}
    for name, figures in found.items():
        told = ", ".join(f"{value:,.2f} {unit}" for unit, value in figures.items())
        print(f"{name}: {told}")
    print(json.dumps({"rdkit": rdBase.rdkitVersion, **found}))


def measure(smiles: tuple[str, ...], repeats: int) -> dict[str, float]:
    """Give the best of several runs, after one that loads what RDKit loads once."""
    from safetensors.numpy import save

    from molsteer.steering.space.features.featurizing import featurize_smiles

    features = featurize_smiles(smiles)
    durations_s = []
    for _ in range(repeats):
        started_at = time.process_time()
        featurize_smiles(smiles)
        durations_s.append(time.process_time() - started_at)
    return {
        "ms_per_molecule": 1000 * min(durations_s) / len(smiles),
        "bytes_per_molecule": len(save(features.to_arrays())) / len(smiles),
    }


if __name__ == "__main__":
    main()
