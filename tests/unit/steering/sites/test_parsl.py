"""What of Parsl's providers is asked for, and what becomes of their answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from molsteer.shared.settings.sections import QueueSettings
from molsteer.steering.sites.deployment import blocks
from molsteer.steering.sites.deployment.place import Place
from molsteer.steering.sites.errors import ParslMissing, SchedulerFailed, SchedulerMissing
from molsteer.steering.sites.profile import load_profile
from molsteer.steering.sites.schedulers.parsl import Known, ParslBlocks
from molsteer.steering.sites.schedulers.parsl_providers import System

PROFILE = """
[site]
scheduler = "{system}"
submit = "parsl"
[batch]
account = "chem"
queue = "long"
walltime = "01:30:00"
cores = 8
gpus = 1
options = ["{option}"]
[simulator]
max_blocks = 2
"""

_OPTIONS: dict[System, str] = {"slurm": "--mem=8G", "pbs": "-l filesystems=home", "lsf": "-U mine"}

Commands = Callable[..., None]


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Put commands of a batch system on the PATH, which say what they are told to."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    def make(**said: str) -> None:
        for name, text in said.items():
            (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / "bin" / name).chmod(0o755)

    return make


def blocks_at(tmp_path: Path, system: System) -> ParslBlocks:
    file = tmp_path / "site.toml"
    file.write_text(PROFILE.format(system=system, option=_OPTIONS[system]))
    _, profile = load_profile(str(file))
    place = Place("site", tmp_path / "deployed")
    place.folder.mkdir(exist_ok=True)
    made = blocks.scheduler_of(profile, place, QueueSettings)
    assert isinstance(made, ParslBlocks)
    script = place.jobs / "simulate.sh"
    script.parent.mkdir(exist_ok=True)
    script.write_text(blocks.script_of(profile, place, "simulate", None))
    return made


def submitted(made: ParslBlocks) -> str:
    """Submit a block; give the job that Parsl wrote."""
    made.submit(made.scripts.parent / "simulate.sh")
    (job,) = made.scripts.iterdir()
    return job.read_text()


def test_a_job_for_slurm_asks_for_what_the_profile_says(commands: Commands, tmp_path: Path) -> None:
    commands(sacct="exit 1", sbatch="echo Submitted batch job 41", squeue="echo 41 R")
    made = blocks_at(tmp_path, "slurm")
    job = submitted(made)
    for line in (
        *("--account=chem", "--partition=long", "--time=90", "--cpus-per-task=8"),
        *("--gpus-per-node=1", "--mem=8G", "--signal=B:TERM@60", "--nodes=1"),
    ):
        assert f"#SBATCH {line}\n" in job
    assert "--exclusive" not in job
    assert job.rstrip().endswith(f"exec bash {made.scripts.parent / 'simulate.sh'}")
    name = made.block("simulate").name
    (seen,) = blocks_at(tmp_path, "slurm").jobs([name])
    assert (seen.id, seen.state, seen.name) == ("41", "running", name)
    assert seen.ends_at is not None


def test_a_job_for_pbs_asks_for_what_the_profile_says(commands: Commands, tmp_path: Path) -> None:
    commands(qsub='echo "$@" >&2; echo 42.server', qstat="echo Unknown Job Id >&2; exit 153")
    made = blocks_at(tmp_path, "pbs")
    job = submitted(made)
    for line in (
        *("-l walltime=01:30:00", "-l select=1:ncpus=8:ngpus=1", "-l filesystems=home", "-r y"),
    ):
        assert f"#PBS {line}\n" in job
    assert made.jobs([made.block("simulate").name]) == []  # it ended long ago
    assert not list(made.folder.iterdir())
    assert not list(made.scripts.iterdir())


def test_a_job_for_lsf_asks_for_what_the_profile_says(commands: Commands, tmp_path: Path) -> None:
    commands(bsub="echo 'Job <43> is submitted to queue <long>.'", bjobs="echo 43 PEND")
    made = blocks_at(tmp_path, "lsf")
    job = submitted(made)
    for line in (
        *("-P chem", "-q long", "-W 90", "-n 8", '-R "span[ptile=8]"', "-U mine", "-wa TERM -wt 2"),
        '-gpu "num=1:mode=shared"',
    ):
        assert f"#BSUB {line}\n" in job
    (seen,) = made.jobs([made.block("simulate").name])
    assert (seen.id, seen.state) == ("43", "waiting")


def test_a_scheduler_that_does_not_answer_is_no_end_of_its_jobs(
    commands: Commands, tmp_path: Path
) -> None:
    commands(sacct="exit 1", sbatch="echo Submitted batch job 41", squeue="exit 1")
    made = blocks_at(tmp_path, "slurm")
    submitted(made)
    with pytest.raises(SchedulerFailed, match="no state of the jobs"):
        made.jobs([made.block("simulate").name])
    commands(squeue="echo 41 PD")
    (seen,) = made.jobs([made.block("simulate").name])
    assert seen.state == "waiting"


def test_a_block_that_was_cancelled_is_there_until_it_has_ended(
    commands: Commands, tmp_path: Path
) -> None:
    commands(
        sacct="exit 1", sbatch="echo Submitted batch job 41", squeue="echo 41 CG", scancel="exit 0"
    )
    made = blocks_at(tmp_path, "slurm")
    submitted(made)
    made.cancel(["41", "7"])
    (seen,) = made.jobs([made.block("simulate").name])
    assert seen.state == "ending"
    commands(squeue="echo slurm_load_jobs error: Invalid job id specified >&2; exit 1")
    assert made.jobs([made.block("simulate").name]) == []
    made.cancel(["41"])


def test_what_the_scheduler_refuses_is_told(commands: Commands, tmp_path: Path) -> None:
    commands(sacct="exit 1", sbatch="echo no such account >&2; exit 1", squeue="true")
    with pytest.raises(SchedulerFailed, match="no such account"):
        submitted(blocks_at(tmp_path, "slurm"))


def test_a_missing_part_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = blocks_at(tmp_path, "slurm")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        with pytest.raises(SchedulerMissing, match="sbatch is not found"):
            made.jobs(["any"])
    monkeypatch.setattr("molsteer.steering.sites.schedulers.parsl.find_spec", lambda _: None)
    with pytest.raises(ParslMissing, match=r"pip install 'molsteer-steering\[parsl\]'"):
        made.jobs(["any"])


def test_a_process_with_the_number_of_a_block_that_ended_is_left_alone(tmp_path: Path) -> None:
    made = replace(blocks_at(tmp_path, "slurm"), system="none")
    made.folder.mkdir()
    facts = Known(topic="simulate", name="ours", at=1.0, script=str(tmp_path / "none"), began="1")
    made._notes.write(str(os.getpid()), facts)
    made.cancel([str(os.getpid())])
    assert made.jobs(["ours"]) == []
