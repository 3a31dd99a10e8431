"""Which blocks are given back when fewer are wanted."""

from __future__ import annotations

from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molsteer.steering.sites.deployment.deployment import surplus
from molsteer.steering.sites.schedulers.port import Job

pytestmark = pytest.mark.fast

State = Literal["waiting", "running", "ending"]


@given(st.lists(st.sampled_from(get_args(State)), max_size=8), st.integers(0, 8))
def test_as_many_are_left_as_are_wanted_beside_those_that_end_already(
    states: list[State], wanted: int
) -> None:
    jobs = [Job(str(number), "block", state) for number, state in enumerate(states)]
    cancelled = surplus(jobs, wanted)
    left = [job for job in jobs if job.id not in cancelled and job.state != "ending"]
    standing = [job for job in jobs if job.state != "ending"]
    assert len(left) == min(wanted, len(standing))
    assert len(cancelled) == len(standing) - len(left)


def test_those_that_wait_go_first_and_then_those_that_end_soonest() -> None:
    jobs = [
        Job("long", "block", "running", ends_at=90.0),
        Job("short", "block", "running", ends_at=30.0),
        Job("older", "block", "waiting"),
        Job("newer", "block", "waiting"),
    ]
    assert surplus(jobs, 1) == ["newer", "older", "short"]
