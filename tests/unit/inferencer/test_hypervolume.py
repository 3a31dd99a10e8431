"""Expected hypervolume improvement is exact, and stays a ranking far from the front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molsteer.inferencer.acquisition import Expectation, Floats, Known
from molsteer.inferencer.rules.chance import random
from molsteer.inferencer.rules.hypervolume import beyond, ehvi, reference_of
from molsteer.inferencer.rules.improvement import ei, pareto
from molsteer.shared.wire.properties import Goal, Objective, Output
from molsteer.steering.records.figures.pareto.front import front
from molsteer.steering.records.figures.pareto.hypervolume import hypervolume

pytestmark = pytest.mark.fast

TARGET = 5.0
DRAWS = 10_000

Rule = Callable[[Sequence[Expectation], float, Known], Floats]


def expectation(
    mean: float | Floats, spread: float | Floats, goal: Goal = "maximise", scale: float = 1.0
) -> Expectation:
    target = TARGET if goal == "reach" else None
    objective = Objective(output=Output(name="gap", level="xtb"), goal=goal, target=target)
    return Expectation(objective, scale, np.atleast_1d(mean), np.atleast_1d(spread))


def added(drawn: Floats, reference: Floats, front: Floats) -> Floats:
    """Give what each draw of a molecule adds to what a front covers."""
    points = (front - reference).tolist()
    before = hypervolume(points)
    return np.array([hypervolume([*points, draw]) - before for draw in drawn - reference])


@pytest.mark.parametrize(
    ("front", "goals"),
    [
        ([[1.0, 4.0], [2.0, 3.0], [4.0, 1.0]], ("maximise", "maximise")),
        ([[-1.0, 4.0], [-3.0, 5.0]], ("minimise", "maximise")),
        ([[1.0, -0.5], [2.0, -2.0]], ("maximise", "reach")),
        ([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [2.0, 3.0, 2.0]], ("maximise",) * 3),
        ([[1.0, 2.0, -3.0], [0.5, 3.0, -1.0]], ("maximise", "maximise", "reach")),
    ],
)
def test_it_is_what_draws_of_the_molecule_add_on_average(
    front: list[list[float]], goals: tuple[Goal, ...]
) -> None:
    rng = np.random.default_rng(1)
    points = np.array(front)
    reference = reference_of(points, np.array([]))
    # Around the middle of the front, so that draws lie below and beyond it.
    middle = points.mean(axis=0)
    values = [
        TARGET + m if goal == "reach" else -m if goal == "minimise" else m
        for goal, m in zip(goals, middle.tolist(), strict=True)
    ]
    expected = [expectation(value, 0.7, goal) for value, goal in zip(values, goals, strict=True)]
    drawn = np.array(
        [one.objective.merit(rng.normal(one.mean[0], 0.7, DRAWS)) for one in expected]
    ).T
    found = float(np.exp(ehvi(expected, 1.0, Known(front=points))[0]))
    draws = added(drawn, reference, points)
    assert found == pytest.approx(draws.mean(), abs=4 * draws.std() / np.sqrt(DRAWS))


@settings(deadline=None, max_examples=50)
@given(st.floats(-5, 5), st.floats(0.05, 3), st.floats(-5, 5))
def test_of_one_aim_it_is_the_expected_improvement(mean: float, spread: float, best: float) -> None:
    known, one = Known(front=np.array([[best]])), [expectation(mean, spread)]
    if ei(one, 1.0, known)[0] > -300:
        assert ehvi(one, 1.0, known) == pytest.approx(ei(one, 1.0, known), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("aims", [1, 2, 3, 4])
def test_boxes_hold_exactly_what_the_front_does_not_cover_each_point_once(aims: int) -> None:
    rng = np.random.default_rng(aims)
    front = rng.normal(size=(12, aims))
    reference = front.min(axis=0) - 0.1
    boxes = np.array(list(beyond(front.tolist(), reference.tolist())))
    points = reference + rng.random((2000, aims)) * 5.0
    low, high = boxes[:, :, 0], boxes[:, :, 1]
    within = ((points[:, None] > low) & (points[:, None] <= high)).all(axis=2).sum(axis=1)
    free = ~(points[:, None] <= front).all(axis=2).any(axis=1)
    assert within.tolist() == free.astype(int).tolist()


def test_far_behind_the_front_the_distance_from_it_ranks() -> None:
    known = Known(front=np.array([[0.0, 1.0], [1.0, 0.0]]))
    means = -np.array([1.0, 50.0, 100.0, 1e4, 1e6])
    scores = ehvi([expectation(means, np.full(5, 0.01))] * 2, 1.0, known)
    assert np.isfinite(scores).all()
    assert all(nearer > farther for nearer, farther in pairwise(scores))


def test_without_labels_it_is_greedy() -> None:
    scores = ehvi([expectation(np.array([1.0, 3.0]), np.ones(2))] * 2, 1.0, Known())
    assert scores.tolist() == [2.0, 6.0]


def test_it_counts_in_scales() -> None:
    known = Known(front=np.array([[0.0, 1.0], [1.0, 0.0]]))
    plain = ehvi([expectation(0.6, 0.2), expectation(0.6, 0.2)], 1.0, known)
    scaled = ehvi([expectation(0.6, 0.2), expectation(6.0, 2.0, scale=10.0)], 1.0, known)
    assert scaled == pytest.approx(plain)


def test_a_front_is_measured_from_the_worst_labels_or_a_little_behind_its_ends() -> None:
    front, nothing = np.array([[0.0, 2.0], [1.0, 0.0]]), np.array([])
    assert reference_of(front, np.array([-1.0, -0.5])).tolist() == [-1.0, -0.5]
    assert reference_of(front, nothing).tolist() == [-0.1, -0.2]
    assert reference_of(np.array([[2.0, 3.0]]), nothing).tolist() == [1.0, 2.0]


def searched(rule: Rule, seed: int, molecules: int = 200, labels: int = 20) -> float:
    """Search a pool of two aims that exclude each other; the mean of what its front covers.

    Models say the true merits of a molecule with an error that they know.
    """
    rng = np.random.default_rng(seed)
    angle, good = rng.random(molecules) * np.pi / 2, 1.0 - 0.9 * rng.random(molecules)
    truth = (good * np.array([np.cos(angle), np.sin(angle)])).T
    told = truth + rng.normal(0.0, 0.15, truth.shape)
    rows, parts = list(rng.permutation(molecules)[:5]), list[float]()
    for generation in range(1, labels + 1):
        known = Known(
            truth[rows][front(truth[rows].tolist())],
            *(seed, generation, range(molecules), truth[rows].min(axis=0)),
        )
        spread = np.full(molecules, 0.15)
        scores = rule([expectation(row, spread) for row in told.T], 1.0, known).copy()
        scores[rows] = -np.inf
        rows.append(int(np.argmax(scores)))
        parts.append(hypervolume(truth[rows].tolist()) / hypervolume(truth.tolist()))
    return float(np.mean(parts))


def test_a_front_grows_sooner_than_by_other_rules() -> None:
    mean = {
        name: np.mean([searched(rule, seed) for seed in range(6)])
        for name, rule in {"ehvi": ehvi, "pareto": pareto, "random": random}.items()
    }
    assert mean["ehvi"] > mean["pareto"] > mean["random"]
