"""Campaigns at a real Slurm of two nodes, and through PBS's commands at the same one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.slurm_cluster import SlurmCluster, slurm_cluster
from support.toy_site import ToySite
from support.waiting import eventually

from molsteer.shared.bus.workers import live_workers
from molsteer.shared.settings.sections import QueueSettings

pytestmark = pytest.mark.sites

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster() -> Iterator[SlurmCluster]:
    with slurm_cluster() as up:
        yield up


@pytest.fixture
def toys(
    cluster: SlurmCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ToySite]:
    for name, value in cluster.variables.items():
        monkeypatch.setenv(name, value)
    toys = ToySite(tmp_path, "slurm", cluster.variables)
    yield toys
    toys.end()
    cluster.ask("scancel", "--user", "root")
    eventually(lambda: not cluster.jobs())


def make(target: str, toys: ToySite) -> subprocess.CompletedProcess[str]:
    (toys.folder / "installed").touch()
    return subprocess.run(
        [
            *("make", "--no-print-directory", "-C", ROOT, target, f"SITE={toys.profile}"),
            *(f"VENV={toys.folder}", f"BIN={Path(sys.executable).parent}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("scheduler", "submit"), [("slurm", "commands"), ("pbs", "commands"), ("slurm", "parsl")]
)
def test_what_make_deploys_runs_a_campaign_to_its_end_and_goes_without_a_trace(
    toys: ToySite, cluster: SlurmCluster, scheduler: str, submit: str
) -> None:
    toys.scheduler, toys.submit = scheduler, submit
    toys.write('queue = "cpu"', "min_blocks = 1")
    deployed = make("deploy", toys)
    assert deployed.returncode == 0, deployed.stderr
    before = cluster.jobs()
    again = make("deploy", toys)
    assert again.returncode == 0, again.stderr
    assert cluster.jobs() == before
    toys.await_end(toys.steer("--policy-during-update", "pause"))
    toys.assert_whole()
    assert toys.rows("SELECT 1 FROM task WHERE topic = 'train' AND status = 'ok'")
    where = " on (one|two)" if submit == "commands" else ""  # Parsl does not tell
    eventually(lambda: re.search(f" runs{where}", toys.done("status")))
    undeployed = make("undeploy", toys)
    assert undeployed.returncode == 0, undeployed.stderr
    eventually(lambda: not cluster.jobs())  # PBS's commands do not know that a job is ending
    toys.assert_nothing_left()


def test_parsl_finds_blocks_of_an_earlier_process_also_when_slurm_has_forgotten_them(
    toys: ToySite, cluster: SlurmCluster
) -> None:
    toys.submit = "parsl"
    toys.write(simulator="min_blocks = 1")
    toys.done("up")
    (number,) = cluster.jobs()
    eventually(lambda: "1 worker ready" in toys.done("status"))
    assert f"{number} runs" in toys.done("status")
    (record,) = (toys.profile.with_suffix("") / "blocks").iterdir()
    forgotten = record.rename(record.with_name("999999"))
    told = toys.done("status")
    assert "999999" not in told
    assert not forgotten.exists()
    cluster.ask("scancel", number)
    eventually(lambda: not cluster.jobs())


def test_blocks_that_are_cancelled_or_requeued_lose_and_poison_nothing(
    toys: ToySite, cluster: SlurmCluster
) -> None:
    toys.write("cores = 1")
    toys.hold()
    process = toys.steer("--policy-first-training-after", "1000")
    toys.await_executions(2)  # so both blocks are at work
    first, second = cluster.jobs()
    cluster.ask("scancel", first)
    eventually(lambda: first not in cluster.jobs())
    toys.await_executions(3)  # in a block that took its place, or in the other one
    cluster.ask("scontrol", "requeue", second)
    eventually(lambda: "waits: BeginTime" in toys.done("status"))
    toys.release()
    toys.await_end(process)
    toys.assert_whole()
    assert max(toys.executions.values()) <= 3
    eventually(lambda: not cluster.jobs())
    toys.assert_nothing_left()


def test_a_cancelled_block_that_runs_in_an_image_loses_nothing(
    toys: ToySite, cluster: SlurmCluster
) -> None:
    image, disk = ROOT / "dist" / "images" / "molsteer-cpu.sif", toys.folder / "disk"
    if shutil.which("apptainer") is None or not image.is_file():
        reason = "There is no Apptainer, or no image; see `make images`."
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    disk.mkdir()
    file = toys.write(f'local_disk = "{disk}"', tables=f'[image]\ncpu = "{image}"\n')
    real = re.sub(r"(?<=\[simulator\]\n).*\n", "processes = 1\n", file.read_text())
    file.write_text(real)
    process = toys.steer("--policy-first-training-after", "1000", budget=30)
    eventually(lambda: toys.labels() >= 2)
    (first, *_) = cluster.jobs()
    cluster.ask("scancel", first)
    toys.await_end(process)
    toys.assert_whole(30)
    eventually(lambda: not cluster.jobs())
    shutil.rmtree(disk)  # what of an image a killed job had no time to remove, the next block does


def test_a_block_of_two_nodes_that_is_told_of_its_end_hands_its_tasks_back(
    toys: ToySite, cluster: SlurmCluster
) -> None:
    toys.write('walltime = "00:01:00"\nnodes = 2\noptions = ["--signal=TERM@50"]', "min_blocks = 1")
    toys.hold()
    process = toys.steer("--policy-first-training-after", "1000")
    toys.await_executions(2)
    state = toys.deployment.place.read()
    queue = QueueSettings.model_validate(toys.deployment.settings(state)["queue"])
    eventually(lambda: len(live_workers(queue)) >= 2)
    (first, *_) = eventually(cluster.jobs)
    eventually(lambda: first not in cluster.jobs())
    assert "TIME LIMIT" not in toys.done("logs", "simulator")
    toys.release()
    toys.await_end(process)
    toys.assert_whole()


def test_blocks_grow_with_the_queues_up_to_their_limit_and_shrink_again(
    toys: ToySite, cluster: SlurmCluster
) -> None:
    toys.write("cores = 1")
    assert toys.done("up")
    assert cluster.jobs() == []
    toys.hold()
    process = toys.steer("--policy-first-training-after", "1000", "--simulate-slots", "6")
    eventually(lambda: len(cluster.jobs()) == 2)
    toys.await_executions(2)
    assert len(cluster.jobs()) == 2
    toys.release()
    toys.await_end(process)
    eventually(lambda: len(cluster.jobs()) <= 1)
    toys.done("down")
    toys.assert_whole()


def test_what_slurm_refuses_is_told_in_its_own_words_and_nothing_is_left_after_down(
    toys: ToySite, cluster: SlurmCluster
) -> None:
    toys.write('queue = "nowhere"', "min_blocks = 1")
    told = toys.refused("up")
    assert "sbatch fails and says" in told
    assert "invalid partition specified: nowhere" in told
    toys.done("down")
    toys.assert_nothing_left()
    assert cluster.jobs() == []
