"""Relaxations on the real surface of GFN2-xTB: where they end, after how many gradients."""

from __future__ import annotations

import numpy as np
import pytest
from support.simulation import need_engine, simulated

from molsteer.simulator.deadline import Deadline
from molsteer.simulator.engines.installed import engine_named
from molsteer.simulator.engines.port import EnergyAndGradient, Surface
from molsteer.simulator.errors import ScfFailed, TimeLimit
from molsteer.simulator.molecule.embedding import displaced, embed
from molsteer.simulator.molecule.species import Positions, Species, read_species
from molsteer.simulator.programs.relaxation import in_cartesian_coordinates, relax
from molsteer.simulator.relaxing import descent
from molsteer.simulator.relaxing.path import is_end

pytestmark = pytest.mark.fast

AWKWARD = [
    "CC#CC",
    "N#CC#CC=C",
    "C=C=C=C",
    "O=C=O",
    "[H][H]",
    "Cl",
    "C12C3C4C1C5C2C3C45",
    "F[Gd](F)F",  # whose f electrons are in the core
    "CB(C)C",
]


@pytest.fixture(autouse=True)
def _engine() -> None:
    need_engine("tblite")


def surface(species: Species, start: Positions) -> Surface:
    return engine_named("tblite").surface(species.numbers, start, 0, 0, 0.05)


def nothing() -> None:
    """Do nothing before a step."""


def started(smiles: str) -> tuple[Species, Positions]:
    species = read_species(smiles)
    return species, displaced(embed(species, Deadline.after(60.0)))


@pytest.mark.parametrize("smiles", AWKWARD)
def test_the_end_is_as_low_as_that_of_geometric(smiles: str) -> None:
    species, start = started(smiles)
    ours = relax(species, start, surface(species, start), None, 300, nothing)
    theirs = in_cartesian_coordinates(species.symbols, start, surface(species, start), 300, nothing)
    assert ours.converged
    assert is_end(ours.points[-2], ours.points[-1])
    assert ours.stiffness is not None, "geomeTRIC had to go on"
    assert ours.points[-1].energy < theirs.points[-1].energy + 1e-5


@pytest.mark.parametrize(
    ("smiles", "at_most"),
    [
        ("CC(=O)Nc1ccc(O)cc1", 36),
        ("COc1ccc2[nH]c(C)nc2c1", 34),
        ("O=C(O)C1CCCN1", 64),
        ("CCc1noc(CC)c1CNC(=O)c1cn(CC)nc1C(C)C", 35),
    ],
)
def test_neutral_and_cation_take_few_gradients(smiles: str, at_most: int) -> None:
    found = simulated(smiles)
    assert sum(steps + 1 for steps in found.steps.values()) <= at_most


def test_geometric_goes_on_where_internal_coordinates_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    species, start = started("CCO")
    usual = relax(species, start, surface(species, start), None, 300, nothing)
    monkeypatch.setattr(descent, "internal", lambda *_given: None)
    path = relax(species, start, surface(species, start), None, 300, nothing)
    assert path.converged
    assert path.points[-1].energy == pytest.approx(usual.points[-1].energy, abs=1e-5)


def test_geometric_goes_on_from_the_lowest_where_a_density_fails_on_the_way() -> None:
    species, start = started("CCO")
    asked, calls = surface(species, start), []

    def fails_once(positions: Positions) -> EnergyAndGradient:
        calls.append(positions)
        if len(calls) == 3:
            raise ScfFailed(0, 0, "it was told so")
        return asked(positions)

    path = relax(species, start, fails_once, None, 300, nothing)  # type: ignore[arg-type]
    assert path.converged
    np.testing.assert_allclose(calls[3], path.points[1].positions)


def test_steps_are_not_more_than_allowed_with_both_ways_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    species, start = started("CCO")
    monkeypatch.setattr("molsteer.simulator.programs.relaxation._PATIENCE", 2)
    path = relax(species, start, surface(species, start), None, 4, nothing)
    assert not path.converged
    assert len(path.points) <= 5


def test_the_time_is_looked_at_before_every_gradient() -> None:
    species, start = started("CCO")
    left = iter([None, None, None])

    def before_step() -> None:
        if next(left, "over") == "over":
            raise TimeLimit(species.smiles, "while it relaxed", 1.0)

    counted: list[Positions] = []
    asked = surface(species, start)

    def counting(positions: Positions) -> EnergyAndGradient:
        counted.append(positions)
        return asked(positions)

    with pytest.raises(TimeLimit):
        relax(species, start, counting, None, 300, before_step)  # type: ignore[arg-type]
    assert len(counted) == 3
