"""A real Slurm of two nodes on this machine, which understands PBS's commands as well."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.redis_server import free_port
from support.waiting import eventually

_NEEDED = ("slurmctld", "slurmd", "sbatch", "munged", "qsub")

_CONFIGURATION = """\
ClusterName=tests
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_min_interval=0,sched_interval=1,bf_interval=1
MpiDefault=none
PlugStackConfig={folder}/plugins.conf
JobSubmitPlugins=pbs
ReturnToService=2
PropagateResourceLimits=NONE
SlurmdParameters=config_overrides
MailProg=/bin/true
KillWait=30
MessageTimeout=100
BatchStartTimeout=120
UnkillableStepTimeout=600
NodeName=one NodeAddr=127.0.0.1 NodeHostname=localhost Port={first} CPUs=4 State=UNKNOWN
NodeName=two NodeAddr=127.0.0.1 NodeHostname=localhost Port={second} CPUs=4 State=UNKNOWN
PartitionName=cpu Nodes=one,two Default=YES MaxTime=01:00:00 State=UP
PartitionName=gpu Nodes=two MaxTime=01:00:00 State=UP
"""


@dataclass(frozen=True)
class SlurmCluster:
    """A cluster that is up."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """What lets Slurm's commands find it."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def ask(self, *command: str) -> str:
        """Run one of Slurm's commands."""
        return subprocess.run(
            command, env=os.environ | self.variables, capture_output=True, text=True, check=True
        ).stdout

    def jobs(self) -> list[str]:
        """List the jobs that have not ended."""
        return self.ask("squeue", "--noheader", "--format", "%i").split()


@contextmanager
def slurm_cluster() -> Iterator[SlurmCluster]:
    """Run a cluster for a while."""
    _check_parts()
    folder = Path(tempfile.mkdtemp(prefix="molsteer-slurm-", dir="/tmp"))
    cluster = SlurmCluster(folder)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        _write(folder)
        _start(stack, folder, *_munged(folder))
        eventually((folder / "munge" / "socket").is_socket)
        _start(stack, folder, "slurmctld", "-D", "-c")
        for node in ("one", "two"):
            _start(stack, folder, "slurmd", "-D", "-N", node)
        eventually(lambda: _idle(cluster) == 2)
        yield cluster
        subprocess.run(
            ["scancel", "--user", "root"], env=os.environ | cluster.variables, check=False
        )
        eventually(lambda: not cluster.jobs())


def _check_parts() -> None:
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if not missing and os.geteuid() == 0:
        return
    reason = f"Slurm needs root and {', '.join(missing)} here." if missing else "Slurm needs root."
    if os.environ.get("CI"):
        pytest.fail(f"{reason} Install them with scripts/install_site_parts.sh.")
    pytest.skip(reason)


def _write(folder: Path) -> None:
    controller, first, second = _free_ports(3)
    (folder / "state").mkdir()
    munge = folder / "munge"
    munge.mkdir(mode=0o755)
    (munge / "key").write_bytes(os.urandom(128))
    (munge / "key").chmod(0o600)
    (folder / "plugins.conf").write_text("required spank_pbs.so\n")
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupMountpoint=/sys/fs/cgroup\n")
    text = _CONFIGURATION.format(folder=folder, controller=controller, first=first, second=second)
    (folder / "slurm.conf").write_text(text)
    folder.chmod(0o755)


def _munged(folder: Path) -> list[str]:
    munge = folder / "munge"
    names = ("socket", "key-file", "log-file", "pid-file", "seed-file")
    files = ("socket", "key", "log", "pid", "seed")
    options = [f"--{name}={munge / file}" for name, file in zip(names, files, strict=True)]
    return ["munged", "--foreground", "--force", *options]


def _start(stack: ExitStack, folder: Path, *command: str) -> None:
    with (folder / f"{command[0]}.out").open("ab") as output:
        process = subprocess.Popen(
            command,
            env=os.environ | {"SLURM_CONF": str(folder / "slurm.conf")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )

    def stop() -> None:
        process.terminate()
        try:
            process.wait(240)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(stop)


def _idle(cluster: SlurmCluster) -> int:
    done = subprocess.run(
        ["sinfo", "--noheader", "--Node", "--format", "%N %t", "--partition", "cpu"],
        env=os.environ | cluster.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.count(" idle")


def _free_ports(count: int) -> list[int]:
    ports = set[int]()
    while len(ports) < count:
        ports.add(free_port())
    return list(ports)
