"""Molecules to features: what surrogates read that do not read graphs."""

from __future__ import annotations

from collections.abc import Sequence

from rdkit import Chem, rdBase

from molsteer.shared.wire.arrays.features import Features
from molsteer.steering.space.errors import UnusableMolecule
from molsteer.steering.space.features.atoms import read_atoms
from molsteer.steering.space.features.counting import count_environments, count_pairs
from molsteer.steering.space.features.descriptors import describe
from molsteer.steering.space.features.electronic import electronic
from molsteer.steering.space.featurize import without_hydrogens
from molsteer.steering.space.molecules import Reason, identity, parse, read_molecule


def featurize_smiles(smiles: Sequence[str]) -> Features:
    """Compute the features of SMILES, one for each, in their order.

    The same molecule has the same features, however it is written.

    Raises:
        UnusableMolecule: At the first SMILES that gives no molecule.
    """
    with rdBase.BlockLogs():
        return compute_features([_canonical(row, text) for row, text in enumerate(smiles)])


def compute_features(molecules: Sequence[Chem.Mol]) -> Features:
    """Compute the features of sanitized molecules, each by itself.

    Sums are rounded by the order of atoms: give molecules as their canonical SMILES has them.
    """
    molecules = [without_hydrogens(molecule) for molecule in molecules]
    atoms = [read_atoms(molecule) for molecule in molecules]
    return Features(
        morgan=count_environments(molecules),
        pairs=count_pairs(molecules),
        descriptors=describe([*zip(molecules, atoms, strict=True)]),
        electronic=electronic(atoms),
    )


def _canonical(row: int, smiles: str) -> Chem.Mol:
    found = read_molecule(smiles)
    if not isinstance(found, Reason) and (name := identity(found)) != smiles:
        found = parse(name)
    if isinstance(found, Reason):
        raise UnusableMolecule(row, smiles, found)
    return found
