from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from molsteer.inferencer.acquisition import Expectation, Known, greedy, score, ucb
from molsteer.inferencer.rules.chance import random, thompson
from molsteer.inferencer.rules.hypervolume import ehvi
from molsteer.inferencer.rules.improvement import ei, pareto, pi
from molsteer.shared.wire.properties import Goal, Objective, Output
from molsteer.shared.wire.specs import Acquisition

pytestmark = pytest.mark.fast

Floats = npt.NDArray[np.float64]

GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")
TARGET = 5.0
PLAIN = {"ucb": ucb, "greedy": greedy}
RULES = {
    **{"ei": ei, "pi": pi, "pareto": pareto, "ehvi": ehvi},
    **{"thompson": thompson, "random": random},
}
IMPROVING = ("ei", "pi")
GOALS: tuple[Goal, ...] = ("maximise", "minimise", "reach")

numbers = st.floats(-30, 30)
spreads = st.floats(0.01, 10)


@pytest.fixture(autouse=True)
def _no_overflow() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def gap(
    means: Sequence[float] | Floats, spread: Sequence[float] | Floats, goal: Goal = "maximise"
) -> Expectation:
    target = TARGET if goal == "reach" else None
    objective = Objective(output=GAP, goal=goal, target=target)
    return Expectation(objective, 1.0, np.asarray(means, float), np.asarray(spread, float))


def known(*front: Sequence[float], first: int = 0, molecules: int = 1) -> Known:
    points = np.array(front, float).reshape(len(front), len(front[0]) if front else 1)
    return Known(points, seed=7, generation=3, molecules=range(first, first + molecules))


def by(kind: str, *expected: Expectation, given: Known, beta: float = 1.0) -> Floats:
    if kind in PLAIN:
        return PLAIN[kind](expected, beta)
    return RULES[kind](expected, beta, given)


def improvement(mean: float, spread: float, best: float, goal: Goal) -> tuple[float, float]:
    """Integrate over all that may be: improvement on average, and its probability."""
    objective = gap([mean], [spread], goal).objective
    density = stats.norm(mean, spread).pdf
    kinks = {
        "maximise": [best],
        "minimise": [-best],
        "reach": [TARGET - best, TARGET, TARGET + best],
    }
    edges = sorted([mean - 12 * spread, mean + 12 * spread, mean, *kinks[goal]])
    gain = probability = 0.0
    for low, high in pairwise(edges):
        if objective.merit((low + high) / 2) > best:
            gain += integrate.quad(lambda x: (objective.merit(x) - best) * density(x), low, high)[0]
            probability += integrate.quad(density, low, high)[0]
    return gain, probability


@settings(deadline=None, max_examples=25)
@given(st.floats(0, 10), st.floats(0.3, 5), st.floats(-6, -0.5), st.sampled_from(GOALS))
def test_improvement_is_what_an_integral_over_all_that_may_be_gives(
    mean: float, spread: float, best: float, goal: Goal
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gain, probability = improvement(mean, spread, best, goal)
    one = gap([mean], [spread], goal)
    if gain > 1e-6:
        np.testing.assert_allclose(np.exp(by("ei", one, given=known([best]))), gain, rtol=1e-5)
        np.testing.assert_allclose(
            np.exp(by("pi", one, given=known([best]))), probability, rtol=1e-5
        )


@settings(deadline=None)
@given(numbers, spreads, numbers)
def test_expected_improvement_is_at_least_that_of_the_mean(
    mean: float, spread: float, best: float
) -> None:
    gain = np.exp(by("ei", gap([mean], [spread]), given=known([best])))
    assert gain >= 0
    assert gain >= (mean - best) * (1 - 1e-9)


@settings(deadline=None)
@given(
    st.lists(st.tuples(numbers, spreads), min_size=2, max_size=6),
    numbers,
    st.floats(0.1, 10),
    numbers,
    st.sampled_from(IMPROVING),
)
def test_unit_and_zero_of_a_property_do_not_change_the_order(
    pairs: list[tuple[float, float]], best: float, factor: float, shift: float, kind: str
) -> None:
    mean, spread = np.array(pairs).T
    scores = by(kind, gap(mean, spread), given=known([best]))
    other = gap(mean * factor + shift, spread * factor)
    moved = by(kind, other, given=known([best * factor + shift]))
    constant = np.log(factor) if kind == "ei" else 0.0
    np.testing.assert_allclose(moved, scores + constant, rtol=1e-5, atol=1e-5)


@settings(deadline=None)
@given(numbers, spreads, st.floats(1.01, 5), numbers)
def test_more_doubt_promises_more_improvement(
    mean: float, spread: float, factor: float, best: float
) -> None:
    less, more = by("ei", gap([mean, mean], [spread, spread * factor]), given=known([best]))
    assert more >= less - 1e-9 * max(abs(less), 1.0)


@pytest.mark.parametrize("goal", GOALS)
def test_without_doubt_improvement_is_that_of_the_mean(goal: Goal) -> None:
    best = -2.0
    one = gap([4.5], [0.0], goal)
    gained = max(float(one.merit[0]) - best, 0.0)
    np.testing.assert_allclose(np.exp(by("ei", one, given=known([best]))), gained, atol=1e-8)
    likely = np.exp(by("pi", one, given=known([best])))
    np.testing.assert_allclose(likely, float(gained > 0), atol=1e-8)


@pytest.mark.parametrize("kind", IMPROVING)
@pytest.mark.parametrize("spread", [0.0, 1e-3, 1.0])
@pytest.mark.parametrize("goal", GOALS)
def test_what_hardly_improves_anything_is_still_told_apart(
    kind: str, spread: float, goal: Goal
) -> None:
    means = TARGET + np.arange(40.0) * 10 + 1
    merits = gap(means, np.zeros(40), goal).merit
    best = float(merits.max()) + 0.5
    scores = by(kind, gap(means, np.full(40, spread), goal), given=known([best]))
    travelled = scores.astype(np.float32)
    assert np.isfinite(travelled).all()
    assert list(np.argsort(-travelled, kind="stable")) == list(np.argsort(-merits, kind="stable"))


@settings(deadline=None)
@given(
    st.floats(-1e12, 1e12),
    st.floats(0, 1e12),
    st.floats(-1e12, 0),
    st.sampled_from(GOALS),
    st.sampled_from((*RULES, *PLAIN)),
)
def test_extreme_predictions_have_scores_that_can_travel(
    mean: float, spread: float, best: float, goal: Goal, kind: str
) -> None:
    one = gap([mean], [spread], goal)
    assert np.isfinite(by(kind, one, given=known([best])).astype(np.float32)).all()
    assert np.isfinite(by(kind, one, one, given=known([best, best])).astype(np.float32)).all()


@pytest.mark.parametrize("kind", IMPROVING)
def test_while_nothing_is_known_the_best_mean_leads(kind: str) -> None:
    one = gap([1.0, 3.0, 2.0], [9.0, 0.1, 5.0])
    np.testing.assert_array_equal(by(kind, one, given=known()), [1.0, 3.0, 2.0])


def test_several_aims_improve_as_the_sum_of_independent_ones_does() -> None:
    chance = np.random.default_rng(1)
    high, near = gap([2.0], [1.5]), replace(gap([4.0], [2.0], "reach"), scale=2.0)
    best = 0.5
    drawn = chance.normal(2.0, 1.5, 400_000) - abs(chance.normal(4.0, 2.0, 400_000) - TARGET) / 2
    front = known([0.5, 0.0], [1.0, -1.0])
    gain = np.exp(by("ei", high, near, given=front))
    assert gain == pytest.approx(np.maximum(drawn - best, 0).mean(), rel=0.02)
    likely = np.exp(by("pi", high, near, given=front))
    assert likely == pytest.approx((drawn > best).mean(), rel=0.02)


def test_pareto_asks_how_far_a_molecule_lies_beyond_the_front() -> None:
    front = known([3.0, 0.0], [0.0, 3.0])
    means = np.array([[2.0, 2.0], [4.0, -9.0], [3.0, 0.0], [-1.0, 2.0]]).T
    expected = [gap(mean, np.zeros(4)) for mean in means]
    np.testing.assert_array_equal(by("pareto", *expected, given=front), [2.0, 1.0, 0.0, -1.0])


def test_pareto_of_one_aim_is_ucb_above_the_best() -> None:
    one = gap([1.0, 3.0], [2.0, 0.5])
    above = by("ucb", one, given=known(), beta=2.0) - 4.0
    np.testing.assert_array_equal(by("pareto", one, given=known([4.0]), beta=2.0), above)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**40), st.data())
def test_draws_are_the_same_however_the_space_is_cut(
    count: int, first: int, data: st.DataObject
) -> None:
    mean = np.linspace(-1, 1, count)
    cut = data.draw(st.integers(0, count))
    for kind in ("thompson", "random"):
        whole = by(kind, gap(mean, mean**2), given=known(first=first, molecules=count))
        parts = [
            by(
                kind,
                gap(mean[part], mean[part] ** 2),
                given=known(first=first + start, molecules=n),
            )
            for start, n, part in ((0, cut, slice(cut)), (cut, count - cut, slice(cut, None)))
            if n
        ]
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-12)


@pytest.mark.parametrize("kind", ["thompson", "random"])
def test_draws_repeat_and_differ_between_updates_and_campaigns(kind: str) -> None:
    one, of = gap(np.zeros(100), np.ones(100)), known(molecules=100)
    drawn = by(kind, one, given=of)
    np.testing.assert_array_equal(by(kind, one, given=of), drawn)
    for other in (replace(of, seed=8), replace(of, generation=4)):
        assert abs(np.corrcoef(drawn, by(kind, one, given=other))[0, 1]) < 0.5


def test_thompson_draws_from_what_is_expected() -> None:
    count = 20_000
    drawn = by(
        "thompson", gap(np.full(count, 3.0), np.full(count, 2.0)), given=known(molecules=count)
    )
    assert stats.kstest(drawn, stats.norm(3.0, 2.0).cdf).pvalue > 0.001


def test_thompson_draws_several_aims_independently() -> None:
    count = 5_000
    zeros, ones = np.zeros(count), np.ones(count)
    both = by("thompson", gap(zeros, ones), gap(zeros, ones), given=known(molecules=count))
    assert float(both.std()) == pytest.approx(np.sqrt(2), rel=0.05)


def test_chance_has_no_preference() -> None:
    count = 20_000
    drawn = by("random", gap(np.arange(count), np.ones(count)), given=known(molecules=count))
    assert stats.kstest(drawn, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(drawn, np.arange(count))[0, 1]) < 0.03


@pytest.mark.parametrize("kind", [*RULES, *PLAIN])
def test_each_rule_is_found_by_its_name_and_told_what_is_known(kind: str) -> None:
    one, of = gap([1.0, 2.0, 3.0], [0.5, 0.3, 0.1]), known([2.5], molecules=3)
    scores = score([one], Acquisition(kind=kind, beta=2.0), of)
    np.testing.assert_array_equal(scores, by(kind, one, given=of, beta=2.0))
