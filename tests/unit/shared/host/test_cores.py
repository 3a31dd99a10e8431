"""How many cores a process may use, as batch systems and containers tell it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from molsteer.shared.host.cores import usable_cores

pytestmark = pytest.mark.fast

MACHINE = 64


@pytest.fixture(autouse=True)
def _large_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(MACHINE)))


def machine(root: Path, groups: str, files: dict[str, str]) -> Path:
    """Make the files that Linux would show."""
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")
    return root


@pytest.mark.parametrize(
    ("variables", "cores"),
    [
        ({}, MACHINE),
        ({"SLURM_CPUS_PER_TASK": "4"}, 4),
        ({"SLURM_CPUS_ON_NODE": "8"}, 8),
        ({"SLURM_CPUS_PER_TASK": "1", "SLURM_CPUS_ON_NODE": "8"}, 1),
        ({"NCPUS": "16"}, 16),
        ({"NCPUS": "128"}, MACHINE),
        ({"NCPUS": "many"}, MACHINE),
        ({"NCPUS": "0"}, 1),
    ],
)
def test_what_the_batch_system_grants_counts(
    tmp_path: Path, variables: dict[str, str], cores: int
) -> None:
    assert usable_cores(variables, tmp_path) == cores


@pytest.mark.parametrize(
    ("groups", "files", "cores"),
    [
        ("0::/", {"cpu.max": "250000 100000"}, 2),
        ("0::/", {"cpu.max": "50000 100000"}, 1),
        ("0::/", {"cpu.max": "max 100000"}, MACHINE),
        ("0::/job/step", {"job/cpu.max": "300000 100000"}, 3),
        ("0::/job/step", {"job/cpu.max": "300000 100000", "job/step/cpu.max": "400000 100000"}, 3),
        ("0::/on/the/host", {"cpu.max": "300000 100000"}, 3),
        (
            "3:cpu,cpuacct:/job\n0::/",
            {"cpu/job/cpu.cfs_quota_us": "500000", "cpu/job/cpu.cfs_period_us": "100000"},
            5,
        ),
        (
            "3:cpu,cpuacct:/on/host",
            {"cpu,cpuacct/cpu.cfs_quota_us": "500000", "cpu,cpuacct/cpu.cfs_period_us": "100000"},
            5,
        ),
        (
            "3:cpu:/job",
            {"cpu/job/cpu.cfs_quota_us": "-1", "cpu/job/cpu.cfs_period_us": "100000"},
            MACHINE,
        ),
        ("3:cpuset:/job", {"cpuset/job/cpu.cfs_quota_us": "100000"}, MACHINE),
        ("", {}, MACHINE),
    ],
)
def test_quotas_of_this_group_and_those_around_it_count(
    tmp_path: Path, groups: str, files: dict[str, str], cores: int
) -> None:
    shown = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    assert usable_cores({}, machine(tmp_path, groups, shown)) == cores


@pytest.fixture
def limited() -> Iterator[Path]:
    """A real control group with a quota of one core."""
    groups = Path("/sys/fs/cgroup")
    v2 = (groups / "cgroup.controllers").exists()
    folder = (groups if v2 else groups / "cpu") / f"molsteer-test-{os.getpid()}"
    try:
        folder.mkdir()
        if v2:
            (folder / "cpu.max").write_text("100000 100000")
        else:
            (folder / "cpu.cfs_quota_us").write_text("100000")
    except OSError as error:
        with suppress(OSError):
            folder.rmdir()
        pytest.skip(f"No control group can be made here: {error}.")
    yield folder
    folder.rmdir()


def test_a_process_in_a_real_control_group_sees_its_quota(limited: Path) -> None:
    joined = f"open({str(limited / 'cgroup.procs')!r}, 'w').write('0')"
    counted = "from molsteer.shared.host.cores import usable_cores; print(usable_cores({}))"
    told = subprocess.run(
        [sys.executable, "-c", f"{joined}; {counted}"], capture_output=True, text=True, check=True
    )
    assert told.stdout == "1\n"
