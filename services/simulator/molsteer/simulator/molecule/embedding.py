"""A first geometry: distance geometry, then a force field, the same for the same molecule."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from rdkit import rdBase
from rdkit.Chem import Mol, rdDistGeom, rdForceFieldHelpers

from molsteer.shared.units import BOHR_IN_ANGSTROM
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.errors import EmbeddingFailed
from molsteer.simulator.molecule.species import Positions, Species

_SEED = 1
"""The seed of the protocol that this one follows. Flexible molecules relax to the minimum near this
conformer, so another seed moves their potentials by 0.1 eV; the clock never decides."""

_FORCE_FIELD_STEPS = 2000
_DISPLACEMENT_BOHR = 0.05

_LONGEST_TIMEOUT_S = 10**9
"""RDKit counts seconds in 32 bits, and takes 0 for no limit."""


def embed(species: Species, deadline: Deadline) -> Positions:
    """Build a geometry with ETKDG and relax it with MMFF, or UFF where MMFF has no parameters.

    What ETKDG knows of torsions excludes some molecules that exist, N-sulfinylamines and some cages
    among them; plain distance geometry embeds those.

    Raises:
        EmbeddingFailed: If no geometry was found.
        TimeLimit: If the time was over before.
    """
    molecule = Mol(species.molecule)
    with rdBase.BlockLogs():
        for parameters in _attempts(deadline):
            deadline.check(species.smiles, "before it had a geometry")
            if rdDistGeom.EmbedMolecule(molecule, parameters) == 0:
                break
        else:
            deadline.check(species.smiles, "before it had a geometry")
            raise EmbeddingFailed(species.smiles, molecule.GetNumAtoms())
        _relax_with_force_field(molecule)
    return np.array(molecule.GetConformer().GetPositions()) / BOHR_IN_ANGSTROM


def displaced(positions: Positions) -> Positions:
    """Move every atom by some 0.05 bohr, always in the same direction.

    A symmetric geometry has no force along the modes that would break its symmetry, so a
    relaxation that starts there can end on a saddle: benzene's cation 0.17 eV above its minimum.
    A fifth of this is too little for neopentane and acetylene, and saves no steps.
    """
    moves = np.random.default_rng(_SEED).normal(0.0, _DISPLACEMENT_BOHR, positions.shape)
    return positions + moves


def _attempts(deadline: Deadline) -> Iterator[rdDistGeom.EmbedParameters]:
    """Begin with what gives the best conformers; the last resort knows distances alone."""
    yield _parameters(rdDistGeom.ETKDGv3(), deadline, random_start=False)
    yield _parameters(rdDistGeom.ETKDGv3(), deadline, random_start=True)
    yield _parameters(rdDistGeom.EmbedParameters(), deadline, random_start=True)


def _parameters(
    parameters: rdDistGeom.EmbedParameters, deadline: Deadline, *, random_start: bool
) -> rdDistGeom.EmbedParameters:
    timeout_s = min(max(deadline.remaining_s, 1), _LONGEST_TIMEOUT_S)
    chosen = {"randomSeed": _SEED, "useRandomCoords": random_start, "timeout": math.ceil(timeout_s)}
    for name, value in chosen.items():  # RDKit's type information knows no assignment
        setattr(parameters, name, value)
    return parameters


def _relax_with_force_field(molecule: Mol) -> None:
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(molecule):
        rdForceFieldHelpers.MMFFOptimizeMolecule(molecule, maxIters=_FORCE_FIELD_STEPS)
    elif rdForceFieldHelpers.UFFHasAllMoleculeParams(molecule):
        rdForceFieldHelpers.UFFOptimizeMolecule(molecule, maxIters=_FORCE_FIELD_STEPS)
