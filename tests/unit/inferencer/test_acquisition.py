from __future__ import annotations

from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from molsteer.inferencer import acquisition
from molsteer.inferencer.acquisition import best_rows, mean_and_spread, score
from molsteer.inferencer.errors import UnusableScores
from molsteer.shared.plugins import PluginMissing
from molsteer.shared.wire.specs import Acquisition

pytestmark = pytest.mark.fast

tables = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 20)),
    elements=st.floats(-20, 20, width=32),
)
few_values = arrays(np.float64, st.integers(1, 30), elements=st.sampled_from([-1.0, 0.0, 2.5]))


@settings(deadline=None)
@given(tables, st.floats(0, 5), st.randoms(use_true_random=False))
def test_the_order_of_members_and_molecules_does_not_matter(
    table: npt.NDArray[np.float32], beta: float, random: Random
) -> None:
    weighted = Acquisition(kind="ucb", beta=beta)
    members, molecules = (random.sample(range(size), size) for size in table.shape)
    scores = score(*mean_and_spread(table), weighted)
    shuffled = score(*mean_and_spread(table[members][:, molecules]), weighted)
    np.testing.assert_allclose(shuffled, scores[molecules], atol=1e-9)


@settings(deadline=None)
@given(tables)
def test_without_weight_on_the_spread_the_rule_is_greedy(table: npt.NDArray[np.float32]) -> None:
    mean, spread = mean_and_spread(table)
    without = score(mean, spread, Acquisition(kind="ucb", beta=0.0))
    np.testing.assert_array_equal(without, score(mean, spread, Acquisition(kind="greedy")))


@settings(deadline=None)
@given(tables)
def test_members_that_agree_show_no_spread(table: npt.NDArray[np.float32]) -> None:
    _, spread = mean_and_spread(np.repeat(table[:1], 7, axis=0))
    assert spread.max() < 1e-12


def test_doubt_raises_the_score_by_beta_for_each_electronvolt() -> None:
    mean, spread = mean_and_spread(np.array([[13.0, 14.0], [15.0, 14.0]], dtype=np.float32))
    assert score(mean, spread, Acquisition(kind="ucb", beta=2.0)).tolist() == [16.0, 14.0]


@settings(deadline=None)
@given(few_values, st.integers(1, 40))
def test_the_best_are_those_of_a_full_sort_with_ties_by_row(
    scores: npt.NDArray[np.float64], keep: int
) -> None:
    whole = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    assert best_rows(scores, keep).tolist() == whole[:keep]


def test_an_acquisition_that_is_not_installed_is_named_with_those_that_are() -> None:
    with pytest.raises(PluginMissing, match=r"'luck' .*\(installed: greedy, ucb\)"):
        score(np.zeros(3), np.zeros(3), Acquisition(kind="luck"))


def test_a_rule_that_computes_in_place_leaves_the_predictions_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        acquisition, "greedy", lambda mean, spread, _: np.subtract(mean, spread, out=mean)
    )
    mean = np.array([13.0, 14.0])
    assert score(mean, np.ones(2), Acquisition(kind="greedy")).tolist() == [12.0, 13.0]
    assert mean.tolist() == [13.0, 14.0]


@pytest.mark.parametrize("wrong", [np.zeros(2), np.full(3, np.nan), np.full(3, 1e39), 1.0])
def test_scores_that_cannot_rank_are_a_failure_of_their_own(
    wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acquisition, "greedy", lambda *_: wrong)
    with pytest.raises(UnusableScores, match="'greedy'"):
        score(np.zeros(3), np.zeros(3), Acquisition(kind="greedy"))
