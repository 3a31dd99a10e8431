from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molsteer.shared.wire.learning import Calibration
from molsteer.trainer.calibration import factor_only, with_floor

pytestmark = pytest.mark.fast

numbers = st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0, 1e3)), min_size=0, max_size=40).map(
    lambda pairs: tuple(np.array(part, dtype=np.float64) for part in zip(*pairs, strict=True))
)


def covered(error: np.ndarray, spread: np.ndarray, told: Calibration) -> float:
    widened = told.factor * np.hypot(spread, told.floor)
    return float((np.abs(error) <= 1.645 * widened).mean())


@pytest.mark.parametrize("wrong_by", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("calibrate", [factor_only, with_floor])
def test_nine_in_ten_new_errors_lie_within(calibrate: object, wrong_by: float) -> None:
    assert callable(calibrate)
    chance = np.random.default_rng(1)
    spread = chance.gamma(4.0, 0.1, size=4000)
    error = chance.normal(size=4000) * spread * wrong_by
    told = calibrate(error[:2000], spread[:2000])
    assert covered(error[2000:], spread[2000:], told) == pytest.approx(0.9, abs=0.03)


def test_members_that_agree_and_are_wrong_get_a_floor() -> None:
    error = np.random.default_rng(2).normal(size=1000)
    told = with_floor(error, np.zeros(1000))
    assert told.floor == pytest.approx(1.2 * 0.674, abs=0.1)
    assert covered(error, np.zeros(1000), told) == pytest.approx(0.9, abs=0.03)


def test_few_labels_hardly_change_a_spread() -> None:
    assert 1.0 < factor_only(np.full(3, 10.0), np.ones(3)).factor < 1.3
    assert factor_only(np.zeros(0), np.zeros(0)) == Calibration()
    assert with_floor(np.zeros(0), np.zeros(0)) == Calibration()


@settings(deadline=None)
@given(numbers)
def test_whatever_the_errors_the_spread_stays_a_number(
    told: tuple[np.ndarray, np.ndarray] | tuple[()],
) -> None:
    error, spread = told or (np.zeros(0), np.zeros(0))
    for calibrate in (factor_only, with_floor):
        found = calibrate(error, spread)
        assert 0.2 <= found.factor <= 5.0
        assert found.floor >= 0.0
