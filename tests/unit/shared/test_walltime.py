"""When a worker with limited time takes work, and how it learns its limit."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molsteer.shared.errors import SettingsError
from molsteer.shared.worker.job_end import end_of_job
from molsteer.shared.worker.walltime import RunTimes, Walltime

pytestmark = pytest.mark.fast

NOW = 1_800_000_000.0
LIMITED = Walltime(ends_at=NOW + 100.0, margin_s=10.0)
times_s = st.floats(0.0, 1e6)
moments = st.floats(NOW, NOW + 200.0)


def test_a_task_that_fits_is_taken_and_one_that_does_not_is_left() -> None:
    assert LIMITED.advice(NOW, 90.0, at_work=False) == "work"
    assert LIMITED.advice(NOW + 1.0, 90.0, at_work=True) == "finish"
    assert LIMITED.advice(NOW + 1.0, 90.0, at_work=False) == "leave"


def test_a_task_that_runs_into_the_margin_is_handed_back() -> None:
    assert LIMITED.advice(NOW + 89.9, 50.0, at_work=True) == "finish"
    assert LIMITED.advice(NOW + 90.0, 50.0, at_work=True) == "leave"


@given(moments, times_s, st.booleans())
def test_whoever_follows_the_advice_is_out_before_the_margin(
    now: float, expected_s: float, at_work: bool
) -> None:
    advice = LIMITED.advice(now, expected_s, at_work=at_work)
    begins_margin = LIMITED.ends_at - LIMITED.margin_s
    assert (advice == "leave") or now < begins_margin
    assert advice != "work" or now + expected_s <= begins_margin + 1e-6
    assert advice != "finish" or at_work


@given(moments, moments, times_s)
def test_as_time_goes_by_the_door_never_opens_again(
    one: float, other: float, task_s: float
) -> None:
    order = ["work", "finish", "leave"]
    first, second = (
        order.index(LIMITED.advice(now, task_s, at_work=True)) for now in sorted((one, other))
    )
    assert first <= second


def test_without_experience_a_task_takes_what_was_told() -> None:
    assert RunTimes().expected_s(at_least_s=30.0) == 30.0


@given(st.lists(times_s, min_size=1, max_size=300), times_s, times_s)
def test_nine_of_the_latest_ten_tasks_took_no_longer_than_expected(
    run_times_s: list[float], at_least_s: float, limit_s: float
) -> None:
    seen = RunTimes()
    for run_s in run_times_s:
        seen.note(run_s, math.inf)
    expected_s = seen.expected_s(at_least_s)
    latest = run_times_s[-100:]
    assert sum(run_s <= expected_s for run_s in latest) >= 0.9 * len(latest)
    assert expected_s in {at_least_s, *latest}
    assert expected_s >= at_least_s
    seen.note(0.0, limit_s)
    assert seen.expected_s(at_least_s) <= limit_s


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("+90", NOW + 90.0), ("2027-01-15T08:00:30+00:00", NOW + 30.0), ("2027-01-15T08:00Z", NOW)],
)
def test_the_end_is_told_by_flag(given: str, seconds: float) -> None:
    assert end_of_job(given, {"SLURM_JOB_END_TIME": "1"}, NOW) == seconds


def test_an_end_without_a_zone_is_local() -> None:
    local = datetime.fromtimestamp(NOW, tz=UTC).astimezone().replace(tzinfo=None)
    assert end_of_job(local.isoformat(), {}, 0.0) == NOW


def test_slurm_tells_the_end_where_no_flag_does() -> None:
    assert end_of_job(None, {"SLURM_JOB_END_TIME": "1800000090"}, NOW) == NOW + 90.0
    assert end_of_job(None, {"SLURM_JOB_END_TIME": ""}, NOW) is None
    assert end_of_job(None, {}, NOW) is None


@pytest.mark.parametrize("given", ["", "soon", "90", "+", "+inf", "+nan"])
def test_an_end_that_cannot_be_read_is_told_with_the_cure(given: str) -> None:
    with pytest.raises(SettingsError, match="Write \\+SECONDS"):
        end_of_job(given, {}, NOW)
    with pytest.raises(SettingsError, match="Give the end of the job by --until"):
        end_of_job(None, {"SLURM_JOB_END_TIME": "never"}, NOW)
