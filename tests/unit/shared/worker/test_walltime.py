"""When a worker with limited time takes work, and how it learns its limit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molsteer.shared.errors import SettingsError
from molsteer.shared.worker.job_end import UnknownEnd, check_time_left, end_of_job
from molsteer.shared.worker.scheduler import ask
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
    [
        ("+90", NOW + 90.0),
        ("+01:30:00", NOW + 5_400.0),
        ("+2-00:00:10", NOW + 172_810.0),
        ("2027-01-15T08:00:30+00:00", NOW + 30.0),
        ("2027-01-15T08:00Z", NOW),
    ],
)
def test_the_end_is_told_by_flag(given: str, seconds: float) -> None:
    assert end_of_job(given, {"SLURM_JOB_END_TIME": "1"}, NOW) == seconds


def test_never_is_told_by_flag() -> None:
    assert end_of_job("never", {"SLURM_JOB_END_TIME": "1"}, NOW) is None


@pytest.mark.parametrize("given", ["", "+"])
def test_a_variable_that_is_not_set_is_told(given: str) -> None:
    with pytest.raises(SettingsError, match="The variable in it is probably not set here"):
        end_of_job(given, {}, NOW)


def test_a_worker_without_time_for_anything_is_told_at_once() -> None:
    check_time_left(NOW + 16.0, margin_s=15.0, now=NOW)
    for left_s, happened in ((15.0, "is 15 s away"), (0.0, "has passed"), (-9.0, "has passed")):
        with pytest.raises(SettingsError, match=f"{happened}, .* 15 s before .--margin-s."):
            check_time_left(NOW + left_s, margin_s=15.0, now=NOW)


def test_an_end_without_a_zone_is_local() -> None:
    local = datetime.fromtimestamp(NOW, tz=UTC).astimezone().replace(tzinfo=None)
    assert end_of_job(local.isoformat(), {}, 0.0) == NOW


def test_slurm_tells_the_end_where_no_flag_does() -> None:
    assert end_of_job(None, {"SLURM_JOB_END_TIME": "1800000090"}, NOW) == NOW + 90.0
    assert end_of_job(None, {"SLURM_JOB_END_TIME": ""}, NOW) is None
    assert end_of_job(None, {}, NOW) is None


@pytest.mark.parametrize(
    "given", ["", "soon", "90", "+", "+inf", "+nan", "+-5", "+1:2:3:4", "+1-", "+a-1:00"]
)
def test_an_end_that_cannot_be_read_is_told_with_the_cure(given: str) -> None:
    with pytest.raises(SettingsError, match="Write \\+SECONDS"):
        end_of_job(given, {}, NOW)
    with pytest.raises(SettingsError, match="Give the end of the job by --until"):
        end_of_job(None, {"SLURM_JOB_END_TIME": "never"}, NOW)


PBS_PRO = """Job Id: 12.server
    Job_Name = work
    resources_used.walltime = 00:00:05
    Resource_List.select = 1:ncpus=1
    Resource_List.walltime = 01:00:00
    stime = Fri Jan 15 08:00:00 2027
    Variable_List = PBS_O_HOME=/home/me,PBS_O_WORKDIR=/home/me/a
\tlong/folder
"""

TORQUE = """Job Id: 12.server
    Resource_List.walltime = 01:00:00
    start_time = Fri Jan 15 08:00:00 2027
    Walltime.Remaining = 3590
"""

RUNNING = "JobId=12 JobName=work\n   StartTime=2027-01-15T08:00:00 EndTime=2027-01-15T09:00:00\n"


@pytest.fixture
def _universal_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def answering(**answers: str) -> Callable[[Sequence[str]], str]:
    return lambda command: answers.get(command[0], "")


@pytest.mark.parametrize(
    ("variable", "ask", "left_s"),
    [
        ("SLURM_JOB_ID", answering(squeue="2027-01-15T09:00:00\n"), 3_600.0),
        ("SLURM_JOB_ID", answering(squeue="N/A\n", scontrol=RUNNING), 3_600.0),
        ("SLURM_JOB_ID", answering(scontrol=RUNNING), 3_600.0),
        ("PBS_JOBID", answering(qstat=PBS_PRO), 3_600.0),
        ("PBS_JOBID", answering(qstat=TORQUE), 3_590.0),
    ],
)
@pytest.mark.usefixtures("_universal_time")
def test_a_job_whose_variables_do_not_tell_its_end_is_asked_about(
    variable: str,
    ask: Callable[[Sequence[str]], str],
    left_s: float,
) -> None:
    assert end_of_job(None, {variable: "12"}, NOW, ask) == NOW + left_s


@pytest.mark.parametrize("variable", ["SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"])
@pytest.mark.parametrize(
    "told", ["", "NONE", "JobId=12 EndTime=Unknown", "    Resource_List.walltime = 01:00:00\n"]
)
def test_a_job_whose_end_nobody_tells_is_named_with_the_cure(variable: str, told: str) -> None:
    unknown = end_of_job(None, {variable: "12"}, NOW, lambda _: told)
    assert isinstance(unknown, UnknownEnd)
    assert "runs in job 12 of" in str(unknown)
    assert "Give the end by --until" in str(unknown)


def test_a_command_that_fails_hangs_or_is_not_there_tells_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("molsteer.shared.worker.scheduler._WITHIN_S", 0.1)
    for command in (["false"], ["sleep", "60"], ["no-such-command"]):
        assert ask(command) == ""
    assert ask(["sh", "-c", "echo $LC_ALL $SLURM_TIME_FORMAT"]) == "C standard\n"
