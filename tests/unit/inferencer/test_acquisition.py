from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from molsteer.inferencer import acquisition
from molsteer.inferencer.acquisition import (
    Expectation,
    best_rows,
    expectations,
    mean_and_spread,
    score,
)
from molsteer.inferencer.errors import UnusableScores
from molsteer.shared.plugins import PluginMissing
from molsteer.shared.wire.properties import Aim, Goal, Objective, Output
from molsteer.shared.wire.specs import Acquisition

pytestmark = pytest.mark.fast

tables = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.just(1), st.integers(1, 20)),
    elements=st.floats(-20, 20, width=32),
)
few_values = arrays(np.float64, st.integers(1, 30), elements=st.sampled_from([-1.0, 0.0, 2.5]))


GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")
ATOMS = Output(name="atoms", level="count")

Floats = npt.NDArray[np.float64]


def large_gap(mean: Floats, spread: Floats) -> tuple[Expectation, ...]:
    """Expect the only output of the arrays, wanted as large as can be."""
    return expectations((Aim(objective=Objective(output=GAP)),), (GAP,), mean, spread)


def some_gap(goal: Goal, mean: float, spread: float, scale: float = 1.0) -> Expectation:
    objective = Objective(output=GAP, goal=goal, target=5.0 if goal == "reach" else None)
    return Expectation(objective, scale, np.array([mean]), np.array([spread]))


@settings(deadline=None)
@given(tables, st.floats(0, 5), st.randoms(use_true_random=False))
def test_the_order_of_members_and_molecules_does_not_matter(
    table: npt.NDArray[np.float32], beta: float, random: Random
) -> None:
    weighted = Acquisition(kind="ucb", beta=beta)
    members, _, molecules = (random.sample(range(size), size) for size in table.shape)
    scores = score(large_gap(*mean_and_spread(table)), weighted)
    shuffled = score(large_gap(*mean_and_spread(table[members][..., molecules])), weighted)
    np.testing.assert_allclose(shuffled, scores[molecules], atol=1e-9)


@settings(deadline=None)
@given(tables)
def test_without_weight_on_the_spread_the_rule_is_greedy(table: npt.NDArray[np.float32]) -> None:
    expected = large_gap(*mean_and_spread(table))
    without = score(expected, Acquisition(kind="ucb", beta=0.0))
    np.testing.assert_array_equal(without, score(expected, Acquisition(kind="greedy")))


@settings(deadline=None)
@given(tables)
def test_members_that_agree_show_no_spread(table: npt.NDArray[np.float32]) -> None:
    _, spread = mean_and_spread(np.repeat(table[:1], 7, axis=0))
    assert spread.max() < 1e-12


def test_doubt_raises_the_score_by_beta_for_each_unit() -> None:
    table = np.array([[[13.0, 14.0]], [[15.0, 14.0]]], dtype=np.float32)
    expected = large_gap(*mean_and_spread(table))
    assert score(expected, Acquisition(kind="ucb", beta=2.0)).tolist() == [16.0, 14.0]


@pytest.mark.parametrize(
    ("goal", "greedy", "ucb"),
    [("maximise", 7.0, 8.0), ("minimise", -7.0, -6.0), ("reach", -2.0, -1.0)],
)
def test_every_goal_prefers_what_it_wants_and_doubt(goal: Goal, greedy: float, ucb: float) -> None:
    expected = (some_gap(goal, mean=7.0, spread=0.5),)
    assert score(expected, Acquisition(kind="greedy")).tolist() == [greedy]
    assert score(expected, Acquisition(kind="ucb", beta=2.0)).tolist() == [ucb]


def test_two_aims_are_added_up_in_their_scales() -> None:
    expected = (
        some_gap("maximise", mean=6.0, spread=1.0, scale=2.0),
        some_gap("reach", mean=1.0, spread=0.5, scale=4.0),
    )
    assert score(expected, Acquisition(kind="greedy")).tolist() == [6.0 / 2 - 4.0 / 4]
    both = (6.0 + 3.0 * 1.0) / 2 + (-4.0 + 3.0 * 0.5) / 4
    assert score(expected, Acquisition(kind="ucb", beta=3.0)).tolist() == [both]


def test_each_aim_is_told_what_is_expected_of_its_own_output() -> None:
    few = Objective(output=ATOMS, goal="minimise")
    aims = (Aim(objective=few, scale=3.0), Aim(objective=Objective(output=GAP)))
    mean, spread = np.array([[1.0, 2.0], [30.0, 40.0]]), np.array([[0.1, 0.2], [3.0, 4.0]])
    atoms, gap = expectations(aims, (GAP, ATOMS), mean, spread)
    assert (atoms.objective, atoms.scale, gap.scale) == (few, 3.0, 1.0)
    assert (atoms.mean.tolist(), atoms.spread.tolist()) == ([30.0, 40.0], [3.0, 4.0])
    assert (atoms.merit.tolist(), gap.merit.tolist()) == ([-30.0, -40.0], [1.0, 2.0])


@settings(deadline=None)
@given(few_values, st.integers(1, 40))
def test_the_best_are_those_of_a_full_sort_with_ties_by_row(
    scores: npt.NDArray[np.float64], keep: int
) -> None:
    whole = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    assert best_rows(scores, keep).tolist() == whole[:keep]


def test_an_acquisition_that_is_not_installed_is_named_with_those_that_are() -> None:
    with pytest.raises(PluginMissing, match=r"'luck' .*\(installed: .*greedy, .*ucb\)"):
        score(large_gap(np.zeros((1, 3)), np.zeros((1, 3))), Acquisition(kind="luck"))


def test_a_rule_that_computes_in_place_leaves_the_predictions_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def in_place(expected: Sequence[Expectation], _beta: float) -> Floats:
        (gap,) = expected
        return np.subtract(gap.mean, gap.spread, out=gap.mean)

    monkeypatch.setattr(acquisition, "greedy", in_place)
    mean = np.array([[13.0, 14.0]])
    scores = score(large_gap(mean, np.ones((1, 2))), Acquisition(kind="greedy"))
    assert scores.tolist() == [12.0, 13.0]
    assert mean.tolist() == [[13.0, 14.0]]


@pytest.mark.parametrize("wrong", [np.zeros(2), np.full(3, np.nan), np.full(3, 1e39), 1.0])
def test_scores_that_cannot_rank_are_a_failure_of_their_own(
    wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acquisition, "greedy", lambda *_: wrong)
    with pytest.raises(UnusableScores, match="'greedy'"):
        score(large_gap(np.zeros((1, 3)), np.zeros((1, 3))), Acquisition(kind="greedy"))
