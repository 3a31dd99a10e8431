"""What a Pareto front covers, and how it came about."""

from __future__ import annotations

import random
from itertools import product

import pytest
from support.made_ledgers import GAP_OF_3_AND_SOLUBLE

from molsteer.shared.wire.properties import Quantity
from molsteer.steering.records.figures.pareto.history import FrontAt, fronts, told
from molsteer.steering.records.figures.pareto.hypervolume import hypervolume
from molsteer.steering.records.found import Found

pytestmark = pytest.mark.fast

GAP, SOLVATION = GAP_OF_3_AND_SOLUBLE


def test_overlaps_are_covered_once() -> None:
    assert hypervolume([]) == 0.0
    assert hypervolume([(3.0,), (5.0,)]) == 5.0
    assert hypervolume([(1.0, 3.0), (3.0, 1.0), (2.0, 2.0), (1.0, 1.0)]) == 6.0
    assert hypervolume([(1.0, 1.0, 1.0)] * 2) == 1.0
    assert hypervolume([(2.0, 1.0, 1.0), (1.0, 2.0, 1.0), (1.0, 1.0, 2.0)]) == 4.0


def test_what_is_worst_by_one_objective_covers_nothing() -> None:
    assert hypervolume([(0.0, 9.0), (9.0, 0.0)]) == 0.0
    assert hypervolume([(5.0, 5.0, -1.0), (1.0, 1.0, 1.0)]) == 1.0


@pytest.mark.parametrize("dimensions", [2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_number_of_unit_cells_below_a_point(dimensions: int, seed: int) -> None:
    chance = random.Random(seed)
    points = [[chance.randrange(5) for _ in range(dimensions)] for _ in range(7)]
    covered = sum(
        any(all(cell < end for cell, end in zip(cells, point, strict=True)) for point in points)
        for cells in product(range(5), repeat=dimensions)
    )
    assert hypervolume(points) == pytest.approx(covered)


def found(number: int, molecule: int, level: str, name: str, value: float) -> Found:
    values = {name: Quantity(value=value)}
    return Found(number, molecule, "C", level, values, 0, False, None)


def both(first: int, molecule: int, off: float, solvation: float) -> list[Found]:
    """A molecule whose gap is so far from 3 eV, and its solvation energy."""
    gap, energy = GAP.output, SOLVATION.output
    return [
        found(first, molecule, gap.level, gap.name, 3.0 + off),
        found(first + 1, molecule, energy.level, energy.name, solvation),
    ]


def test_the_front_is_followed_from_molecule_to_molecule() -> None:
    results = [
        *both(1, 0, off=4.0, solvation=0.0),  # the worst of all
        *both(3, 1, off=2.0, solvation=-2.0),
        *both(5, 2, off=3.0, solvation=-1.0),  # beaten
        *both(7, 3, off=0.0, solvation=-2.0),  # beats the second
        *both(9, 4, off=2.0, solvation=-4.0),
    ]
    assert fronts(results, GAP_OF_3_AND_SOLUBLE) == [
        FrontAt(2, 1, 0.0),
        FrontAt(4, 1, pytest.approx(0.25)),
        FrontAt(8, 1, pytest.approx(0.5)),
        FrontAt(10, 2, pytest.approx(0.75)),
    ]


def test_a_molecule_counts_when_it_has_a_value_of_each_objective() -> None:
    half = found(1, 0, GAP.output.level, GAP.output.name, 3.0)
    assert fronts([half], GAP_OF_3_AND_SOLUBLE) == []
    assert told([]) == "No molecule has a value of each objective yet."


def test_a_single_objective_has_no_front() -> None:
    assert fronts(both(1, 0, off=0.0, solvation=0.0), GAP_OF_3_AND_SOLUBLE[:1]) == []


def test_the_best_by_all_objectives_covers_everything() -> None:
    results = [*both(1, 0, off=1.0, solvation=0.0), *both(3, 1, off=0.0, solvation=-1.0)]
    assert fronts(results, GAP_OF_3_AND_SOLUBLE)[-1].covered == 1.0


def test_what_it_covers_is_told_in_a_sentence() -> None:
    history = [FrontAt(4, 1, 0.2), FrontAt(9, 1, 0.5), FrontAt(30, 2, 0.75), FrontAt(41, 3, 0.8)]
    assert told(history) == (
        "The front covers 80% of what lies between the worst and the best values that were found; "
        "half of that after 9 simulations, nine tenths after 30."
    )
