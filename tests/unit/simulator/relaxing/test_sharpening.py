"""Surfaces that are loose far from a minimum: when they become exact."""

from __future__ import annotations

import numpy as np
import pytest

from molsteer.simulator.engines.port import EnergyAndGradient, Orbitals
from molsteer.simulator.molecule.species import Positions
from molsteer.simulator.relaxing.sharpening import Sharpening, accuracy_at

pytestmark = pytest.mark.fast

EXACT = 0.05
HERE = np.zeros((1, 3))


class Told:
    """A surface of forces that are told, which keeps the accuracies it was asked with."""

    def __init__(self, *forces: float) -> None:
        self.forces, self.accuracy, self.asked = list(forces), EXACT, list[float]()

    def __call__(self, positions: Positions) -> EnergyAndGradient:
        self.asked.append(self.accuracy)
        return 0.0, np.full_like(positions, self.forces.pop(0) / np.sqrt(3))

    def orbitals(self) -> Orbitals:
        raise NotImplementedError

    def set_accuracy(self, accuracy: float) -> None:
        self.accuracy = accuracy


def test_a_surface_is_exact_from_where_forces_are_small_on() -> None:
    told = Told(0.1, 0.002, 7e-4, 1e-4, 0.1)
    surface = Sharpening(told, EXACT)
    for _ in range(5):
        surface(HERE)
    assert told.asked == [1.0, 1.0, 1.0, EXACT, EXACT]


def test_a_point_that_could_be_a_minimum_is_never_loose() -> None:
    told = Told(0.1, 4e-4, 4.1e-4)
    surface = Sharpening(told, EXACT)
    surface(HERE)
    _, gradient = surface(HERE)
    assert told.asked == [1.0, 1.0, EXACT]
    assert np.linalg.norm(gradient) == pytest.approx(4.1e-4)


def test_who_asks_for_less_gets_no_more() -> None:
    told = Told(0.1, 1e-4)
    surface = Sharpening(told, 5.0)
    surface(HERE)
    surface(HERE)
    assert told.asked == [EXACT, EXACT], "its accuracy was left alone"


@pytest.mark.parametrize(
    ("steepest", "exact", "expected"), [(0.1, EXACT, 1.0), (1e-4, EXACT, EXACT), (0.1, 5.0, 5.0)]
)
def test_a_record_tells_how_exact_the_first_point_is(
    steepest: float, exact: float, expected: float
) -> None:
    assert accuracy_at(steepest, exact) == expected
