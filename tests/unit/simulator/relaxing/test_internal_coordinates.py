"""Internal coordinates: derivatives, invariance, and the way back to a geometry."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molsteer.simulator.deadline import Deadline
from molsteer.simulator.molecule.embedding import displaced, embed
from molsteer.simulator.molecule.species import Positions, read_species
from molsteer.simulator.relaxing.internal import Internal, degrees_of_freedom, internal
from molsteer.simulator.relaxing.measures import Numbers
from molsteer.simulator.relaxing.moving import moved

pytestmark = pytest.mark.fast

MOLECULES = [
    "CCO",
    "CC#CC",  # a chain in line, with something at both ends
    "N#CC#CC=C",
    "C=O",  # flat, and without a torsion
    "c1ccccc1C(=O)N",
    "C12C3C4C1C5C2C3C45",  # cubane
    "FS(F)(F)(F)(F)F",  # neighbours in line at an atom of six
    "O",
    "[H][H]",
]


def geometry(smiles: str) -> tuple[list[str], Positions]:
    species = read_species(smiles)
    return species.symbols, displaced(embed(species, Deadline.after(60.0)))


@cache
def coordinates(smiles: str) -> tuple[Internal, Positions]:
    symbols, positions = geometry(smiles)
    found = internal(symbols, positions)
    assert found is not None
    return found, positions


def moves(positions: Positions, length: float) -> list[Positions]:
    return [length * way.reshape(-1, 3) for way in np.eye(positions.size, dtype=np.float64)]


def turned(positions: Positions, seed: int) -> Positions:
    chance = np.random.default_rng(seed)
    rotation = np.linalg.qr(chance.normal(size=(3, 3)))[0]
    rotation[:, 0] *= np.linalg.det(rotation)
    return np.asarray(positions @ rotation + chance.normal(size=3), dtype=np.float64)


@pytest.mark.parametrize("smiles", MOLECULES)
def test_the_derivatives_are_those_of_the_values(smiles: str) -> None:
    found, positions = coordinates(smiles)
    basis = found.primitives
    slopes = [
        basis.difference(basis.values(positions + way), basis.values(positions - way)) / 2e-5
        for way in moves(positions, 1e-5)
    ]
    np.testing.assert_allclose(basis.wilson(positions)[1], np.array(slopes).T, atol=1e-7)


@pytest.mark.parametrize("smiles", MOLECULES)
def test_the_curvature_is_that_of_the_derivatives(smiles: str) -> None:
    found, positions = coordinates(smiles)
    basis = found.primitives
    weights = np.random.default_rng(0).normal(size=len(basis.stiffness))
    slopes = [
        weights @ (basis.wilson(positions + way)[1] - basis.wilson(positions - way)[1]) / 2e-5
        for way in moves(positions, 1e-5)
    ]
    np.testing.assert_allclose(basis.curvature(positions, weights), np.array(slopes), atol=1e-5)


@pytest.mark.parametrize("smiles", MOLECULES)
def test_all_motions_are_described_and_no_more_than_once(smiles: str) -> None:
    found, positions = coordinates(smiles)
    wilson = found.at(positions).wilson
    beyond = len(found.topology.straight)  # where a line of atoms is bent a little
    assert 0 <= len(wilson) - degrees_of_freedom(positions) <= beyond
    assert np.linalg.svd(wilson, compute_uv=False)[-1] > 1e-3


@pytest.mark.parametrize("smiles", ["CCO", "c1ccccc1C(=O)N", "C12C3C4C1C5C2C3C45", "C=O"])
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_rotation_and_translation_change_nothing(smiles: str, seed: int) -> None:
    found, positions = coordinates(smiles)
    elsewhere = turned(positions, seed)
    basis = found.primitives
    change = basis.difference(basis.values(elsewhere), basis.values(positions))
    np.testing.assert_allclose(change, 0.0, atol=1e-8)


@pytest.mark.parametrize("smiles", MOLECULES)
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_geometry_has_the_displacement_that_it_was_found_for(smiles: str, seed: int) -> None:
    found, positions = coordinates(smiles)
    place = found.at(positions)
    change: Numbers = np.random.default_rng(seed).normal(size=len(place.wilson))
    change *= 0.2 / np.linalg.norm(change)
    there = moved(found, place, change)
    assert there is not None
    values = found.primitives.values(there)
    np.testing.assert_allclose(found.difference(values, place.values), change, atol=1e-3)


def test_parts_without_a_bond_hang_together() -> None:
    symbols, positions = geometry("O")
    pair = np.concatenate([positions, positions + np.array([0.0, 0.0, 7.0])])
    found = internal(symbols * 2, pair)
    assert found is not None
    assert len(found.topology.bonds) == 5
    assert len(found.at(pair).wilson) == degrees_of_freedom(pair) == 12


def test_coordinates_are_found_anew_where_a_bend_becomes_a_line() -> None:
    symbols = ["O", "C", "O"]
    bent = np.array([[-2.0, 0.9, 0.0], [0.0, 0.0, 0.0], [2.0, 0.9, 0.0]])
    line = np.array([[-2.2, 0.0, 0.0], [0.0, 0.01, 0.0], [2.2, 0.0, 0.0]])
    found, other = internal(symbols, bent), internal(symbols, line)
    assert found is not None
    assert other is not None
    assert not found.strained(found.at(bent))
    assert found.strained(found.at(line))
    assert not other.strained(other.at(line))
    assert not other.topology.is_like(found.topology)
