"""What batch systems say is understood, also when they refuse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from molsteer.steering.sites.errors import SchedulerFailed, SchedulerMissing
from molsteer.steering.sites.schedulers.lsf import Lsf, read_bjobs
from molsteer.steering.sites.schedulers.pbs import Pbs, read_qstat
from molsteer.steering.sites.schedulers.port import Job, Scheduler
from molsteer.steering.sites.schedulers.slurm import Slurm, read_squeue

pytestmark = pytest.mark.fast

SQUEUE = """\
41|simulate-0a1b2c|RUNNING|2026-01-31T18:00:00|node7|None
42|simulate-0a1b2c|PENDING|N/A||QOSMaxJobsPerUserLimit
43|train-0a1b2c|COMPLETING|2026-01-31T18:00:00|node8|None
44|train-0a1b2c|SUSPENDED|N/A|node8|None
"""

QSTAT = """\
Job Id: 511.pbs01
    Job_Name = simulate-0a1b2c
    job_state = R
    exec_host = x3004c0s13b0n0/0*64
    Resource_List.walltime = 01:00:00
    stime = Sat Jan 31 17:00:00 2026
    Variable_List = PBS_O_HOME=/home/me,
\tPBS_O_LANG=C
    comment = Job run at Sat Jan 31 at 17:00

Job Id: 512.pbs01
    Job_Name = simulate-0a1b2c
    job_state = Q
    comment = Not Running: User has reached queue preemptable running job lim
\tit.

Job Id: 513.pbs01
    Job_Name = train-0a1b2c
    job_state = H

Job Id: 514.pbs01
    Job_Name = train-0a1b2c
    job_state = F
"""

QSTAT_OF_SLURM = "Job Id:\t7\n\tJob_Name = simulate-0a1b2c\n\tjob_state = R\n\texec_host = one/1\n"

BJOBS = """\
61|simulate-0a1b2c|RUN|4*node7|0:58 L|-
62|simulate-0a1b2c|PEND|-|-|New job is waiting for scheduling;
63|train-0a1b2c|SSUSP|node9|0:10 L|-
64|train-0a1b2c|EXIT|node9|-|-
"""


def test_slurms_jobs_are_understood() -> None:
    first, second, third, fourth = read_squeue(SQUEUE)
    assert (first.id, first.state, first.host) == ("41", "running", "node7")
    assert first.ends_at is not None
    assert second == Job("42", "simulate-0a1b2c", "waiting", "QOSMaxJobsPerUserLimit")
    assert third.state == "ending"
    assert (fourth.state, fourth.why) == ("running", "suspended")


def test_jobs_of_pbs_are_understood() -> None:
    first, second, third = read_qstat(QSTAT, 0.0)
    assert (first.id, first.state, first.host) == ("511.pbs01", "running", "x3004c0s13b0n0")
    assert first.ends_at is not None
    assert second.state == "waiting"
    assert second.why == "Not Running: User has reached queue preemptable running job limit."
    assert (third.state, third.why) == ("waiting", "it is held")
    (wrapped,) = read_qstat(QSTAT_OF_SLURM, 0.0)
    assert wrapped == Job("7", "simulate-0a1b2c", "running", host="one")


def test_jobs_of_lsf_are_understood() -> None:
    first, second, third, fourth = read_bjobs(BJOBS, 1000.0)
    assert first == Job("61", "simulate-0a1b2c", "running", "", "4*node7", 1000.0 + 58 * 60)
    assert second.why == "New job is waiting for scheduling;"
    assert (third.state, third.why) == ("running", "suspended (SSUSP)")
    assert fourth.state == "ending"


def fake(folder: Path, command: str, script: str) -> None:
    file = folder / command
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.mark.parametrize(
    ("scheduler", "command", "said"),
    [
        (Slurm(), "sbatch", "sbatch: error: Job violates accounting/QOS policy (quota)"),
        (Pbs(), "qsub", "qsub: Account_Name attribute is required"),
        (Lsf(), "bsub", "User cannot use the queue. Job not submitted."),
    ],
)
def test_a_job_that_is_rejected_is_told_in_the_schedulers_own_words(
    scheduler: Scheduler,
    command: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake(tmp_path, command, f'echo "{said}" >&2; exit 1')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "job.sh").touch()
    with pytest.raises(SchedulerFailed) as caught:
        scheduler.submit(tmp_path / "job.sh")
    assert said.rstrip(".") in str(caught.value)
    assert "molsteer site render" in str(caught.value)


def test_lsf_gets_its_script_and_tells_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(
        tmp_path, "bsub", 'grep -q "#BSUB -q long" && echo "Job <77> is submitted to queue <long>."'
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "job.sh").write_text("#BSUB -q long\n")
    assert Lsf().submit(tmp_path / "job.sh") == "77"


@pytest.mark.parametrize(
    ("scheduler", "command", "complaint"),
    [
        (
            Slurm(),
            "scancel",
            "scancel: error: Kill job error on job id 9: Invalid job id specified",
        ),
        (Pbs(), "qdel", "qdel: Unknown Job Id 9.pbs01"),
        (Lsf(), "bkill", "Job <9>: Job has already finished"),
    ],
)
def test_a_job_that_has_ended_already_can_be_cancelled(
    scheduler: Scheduler,
    command: str,
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake(tmp_path, command, f'echo "{complaint}" >&2; exit 1')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    scheduler.cancel(["9"])


@pytest.mark.parametrize("scheduler", [Slurm(), Pbs(), Lsf()])
def test_a_machine_without_the_scheduler_is_told(
    scheduler: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SchedulerMissing, match=r"on this machine.*login node"):
        scheduler.jobs(["simulate-0a1b2c"])
