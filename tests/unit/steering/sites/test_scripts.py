"""Job scripts say what a profile says, in the words of each batch system."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
from pathlib import Path

import pytest

from molsteer.shared.wire.topics import Topic
from molsteer.steering.sites.deployment.deployment import open_deployment

pytestmark = pytest.mark.fast

BATCH = """\
[batch]
account = "chem"
queue = "long"
walltime = "01:30:00"
cores = 16
modules = ["apptainer"]
setup = ["echo ready"]
options = ["--mail-type=NONE"]
"""


def render(folder: Path, scheduler: str, *more: str, topic: Topic = "simulate") -> str:
    file = folder / "site.toml"
    service = {"simulate": "simulator", "train": "trainer", "infer": "inferencer"}[topic]
    head = f'[site]\nscheduler = "{scheduler}"\n'
    file.write_text("\n".join([head, *more, f"[{service}]\nmax_blocks = 1\n"]))
    text = open_deployment(str(file)).scripts()[topic]
    checked = subprocess.run(
        ["bash", "-n"], input=text, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert text.startswith("#!/bin/bash\n")
    return text


def test_slurm_is_asked_in_its_own_words(tmp_path: Path) -> None:
    text = render(tmp_path, "slurm", BATCH + 'qos = "low"\nconstraint = "cpu"\ngpus = 2\n')
    for line in (
        "--account=chem",
        "--partition=long",
        "--qos=low",
        "--constraint=cpu",
        "--gpus-per-node=2",
        "--time=01:30:00",
        "--nodes=1 --ntasks-per-node=1 --cpus-per-task=16",
        "--mail-type=NONE",
        f"--output={tmp_path}/site/logs/simulate-%j.out",
    ):
        assert f"#SBATCH {line}\n" in text


def test_pbs_is_asked_in_its_own_words(tmp_path: Path) -> None:
    text = render(tmp_path, "pbs", BATCH + 'constraint = "system=polaris"\ngpus = 4\n')
    for line in (
        "-A chem",
        "-q long",
        "-l select=1:ncpus=16:ngpus=4:system=polaris",
        "-l walltime=01:30:00",
        "-j oe",
    ):
        assert f"#PBS {line}\n" in text
    (name,) = re.findall("#PBS -N (.*)", text)
    assert len(name) <= 15


def test_lsf_is_asked_in_its_own_words(tmp_path: Path) -> None:
    text = render(tmp_path, "lsf", BATCH + "gpus = 1\nnodes = 2\n")
    for line in (
        "-P chem",
        "-q long",
        "-W 01:30",
        "-n 32",
        '-R "span[ptile=16]"',
        '-gpu "num=1:mode=shared"',
        "-wa TERM -wt 2",
    ):
        assert f"#BSUB {line}\n" in text


def test_a_script_tidies_up_after_itself_and_after_blocks_that_were_killed(tmp_path: Path) -> None:
    disk, runtime = tmp_path / "disk", tmp_path / "apptainer"
    for name in ("molsteer-block.killed", "molsteer-block.alive"):
        (disk / name).mkdir(parents=True)
        os.utime(disk / name, (0, 0))
    alive = os.open(disk / "molsteer-block.alive", os.O_RDONLY)
    fcntl.flock(alive, fcntl.LOCK_EX)
    runtime.write_text('#!/bin/sh\n[ "$1" = run ] || exec mkdir "$3"\n')  # as if it unpacked
    runtime.chmod(0o755)
    image = f'[image]\ncpu = "/images/cpu.sif"\nruntime = "{runtime}"\n'
    text = render(tmp_path, "none", f'[batch]\nlocal_disk = "{disk}"\n', image)
    with (tmp_path / "said").open("w") as said:
        done = subprocess.run(["bash"], input=text, text=True, check=False, stderr=said)
    assert done.returncode == 0, (tmp_path / "said").read_text()
    assert [left.name for left in disk.iterdir()] == ["molsteer-block.alive"]
    os.close(alive)


@pytest.mark.parametrize("scheduler", ["slurm", "pbs", "lsf", "none"])
def test_a_worker_takes_the_place_of_its_script_and_knows_its_end(
    scheduler: str, tmp_path: Path
) -> None:
    last = render(tmp_path, scheduler, BATCH).rstrip().partition("\nexec ")[2]
    assert "worker simulate --config" in last
    assert '--until "+$((ends - $(date +%s)))"' in last
    assert "--processes 16" in last


def test_slurm_tells_the_worker_of_the_end_and_not_only_steps_of_the_job(tmp_path: Path) -> None:
    assert "#SBATCH --signal=B:TERM@60\n" in render(tmp_path, "slurm", BATCH)
    several = render(tmp_path, "slurm", BATCH + "nodes = 3\n")
    assert "#SBATCH --signal=TERM@60\n" in several
    assert "exec srun --nodes=3 --ntasks-per-node=1" in several
    assert f"bash {tmp_path}/site/jobs/simulate.sh worker" in several


def test_a_process_of_this_machine_has_no_end_unless_the_profile_gives_one(tmp_path: Path) -> None:
    assert render(tmp_path, "none", "[batch]\ncores = 1").rstrip().endswith("--until never")


def test_no_password_is_in_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", "redis://me:hunter2@host:6379/0")
    text = render(tmp_path, "slurm", BATCH, "[redis]\nstart = false\n")
    assert "hunter2" not in text
    assert text.index("unset") < text.index("exec")


def test_an_image_is_unpacked_on_the_nodes_disk_so_that_no_cancelling_takes_it_away(
    tmp_path: Path,
) -> None:
    image = '[image]\ncpu = "/images/cpu.sif"\nbinds = ["/data"]\n'
    text = render(tmp_path, "slurm", BATCH + 'local_disk = "/local"\n', image)
    assert 'mktemp -d "/local/molsteer-block.XXXXXX"' in text
    assert 'apptainer build --sandbox "$scratch/image" /images/cpu.sif' in text
    assert f"--bind {tmp_path}/site --bind /data" in text
    assert "--contain --cleanenv" in text
    assert "trap stop TERM INT" in text
    assert "exec apptainer" not in text
    mounted = render(tmp_path, "slurm", BATCH, image + 'keep = "mount"\n')
    assert "--sandbox" not in mounted
    assert "/images/cpu.sif \\\n" in mounted


def test_each_gpu_of_a_node_has_a_worker_of_its_own(tmp_path: Path) -> None:
    text = render(tmp_path, "slurm", BATCH + "gpus = 4\n", topic="train")
    assert "${CUDA_VISIBLE_DEVICES:-0,1,2,3}" in text
    assert "CUDA_VISIBLE_DEVICES=$gpu " in text
    assert "--processes 1" in text


def test_a_tunnel_ends_in_a_socket_that_only_the_block_can_reach_and_outlives_its_workers(
    tmp_path: Path,
) -> None:
    file = tmp_path / "site.toml"
    secrets = tmp_path / "secrets"
    file.write_text(
        '[site]\nscheduler = "slurm"\nnetwork = "ssh-tunnel"\ntunnel = "me@login.a"\n'
        f'[redis]\nstart = false\nsecrets = "{secrets}"\n[queue]\n'
        f'redis_url = "redis://localhost:6380/0"\n{BATCH}\n[trainer]\nmax_blocks = 1\n'
    )
    text = open_deployment(str(file)).scripts()["train"]
    assert '-L "$scratch/redis.sock:localhost:6380"' in text
    assert "me@login.a" in text
    assert "trap '' TERM INT; exec ssh" in text
    assert '"unix://molsteer-trainer@$scratch/redis.sock?db=0"' in text
