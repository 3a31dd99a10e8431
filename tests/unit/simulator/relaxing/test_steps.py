"""Steps: where they lead on surfaces that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molsteer.simulator.relaxing.measures import Numbers
from molsteer.simulator.relaxing.steps import bfgs, rational_step

pytestmark = pytest.mark.fast

SEEDS = st.integers(0, 2**32 - 1)


def quadratic(seed: int, size: int = 6) -> tuple[Numbers, Numbers]:
    """Give a start, and second derivatives of a minimum at the origin."""
    chance = np.random.default_rng(seed)
    modes = np.linalg.qr(chance.normal(size=(size, size)))[0]
    hessian = (modes * chance.uniform(0.05, 1.0, size)) @ modes.T
    return chance.normal(size=size), np.asarray(hessian)


@settings(deadline=None)
@given(seed=SEEDS)
def test_a_quadratic_is_minimised_from_a_hessian_that_is_wrong(seed: int) -> None:
    here, truth = quadratic(seed)
    hessian = 0.4 * np.eye(len(here))
    for _ in range(60):
        step = rational_step(truth @ here, hessian, 1.0)
        hessian = bfgs(hessian, step, truth @ step)
        here = here + step
        if np.linalg.norm(truth @ here) < 1e-6:
            return
    pytest.fail(f"the gradient is still {np.linalg.norm(truth @ here)}")


@settings(deadline=None)
@given(seed=SEEDS, longest=st.floats(1e-3, 0.3))
def test_a_step_goes_down_and_no_further_than_allowed(seed: int, longest: float) -> None:
    here, hessian = quadratic(seed)
    hessian = hessian - 0.3 * np.eye(len(here))  # a saddle, or worse
    step = rational_step(hessian @ here, hessian, longest)
    assert np.linalg.norm(step) <= longest * 1.001
    assert step @ hessian @ here < 0.0


@settings(deadline=None)
@given(seed=SEEDS)
def test_an_updated_hessian_stays_positive_and_symmetric(seed: int) -> None:
    moved, hessian = quadratic(seed)
    turned = np.random.default_rng(seed + 1).normal(size=len(moved))
    updated = bfgs(hessian, moved, turned)
    np.testing.assert_allclose(updated, updated.T, atol=1e-10)
    assert np.linalg.eigvalsh(updated)[0] > 0.0


def test_an_updated_hessian_knows_the_curvature_that_was_seen() -> None:
    moved, hessian = quadratic(3)
    turned = 1.5 * hessian @ moved
    np.testing.assert_allclose(bfgs(hessian, moved, turned) @ moved, turned)
