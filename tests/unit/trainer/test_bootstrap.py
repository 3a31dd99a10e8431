from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molsteer.trainer.bootstrap import draw_bootstrap

pytestmark = pytest.mark.fast

seeds = st.integers(0, 2**63)


@settings(deadline=None)
@given(seeds, st.sets(st.integers(0, 1000), min_size=1, max_size=4), st.integers(1, 60))
def test_every_member_has_something_to_learn_and_something_to_be_judged_by(
    seed: int, members: set[int], molecules: int
) -> None:
    bootstrap = draw_bootstrap(seed, sorted(members), molecules)
    assert bootstrap.counts.any(axis=1).all()
    assert bootstrap.held_out.any(axis=1).all()


@settings(deadline=None)
@given(seeds, st.integers(2, 60))
def test_no_member_is_judged_by_what_it_learned_from(seed: int, molecules: int) -> None:
    bootstrap = draw_bootstrap(seed, range(4), molecules)
    assert not bootstrap.counts[bootstrap.held_out].any()


def test_molecules_stay_on_their_side_when_more_arrive() -> None:
    early, late = draw_bootstrap(7, range(8), 100), draw_bootstrap(7, range(8), 150)
    np.testing.assert_array_equal(late.counts[:, :100], early.counts)


def test_a_members_share_does_not_depend_on_who_is_trained_beside_it() -> None:
    together, alone = draw_bootstrap(7, (1, 2, 3), 50), draw_bootstrap(7, (3,), 50)
    np.testing.assert_array_equal(together.counts[2], alone.counts[0])


def test_members_and_seeds_differ_and_a_third_is_held_out() -> None:
    bootstrap = draw_bootstrap(7, range(8), 4000)
    assert len(np.unique(bootstrap.counts, axis=0)) == 8
    assert (draw_bootstrap(8, range(8), 4000).counts != bootstrap.counts).any()
    assert bootstrap.held_out.mean() == pytest.approx(np.exp(-1), abs=0.02)
