"""The tables of a site's profile."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveInt

from molsteer.shared.settings.sections import Pool, Section
from molsteer.shared.wire.topics import DEFAULT_POOL
from molsteer.shared.worker.scheduler import duration_s

SchedulerName = Literal["slurm", "pbs", "lsf", "none", "globus-compute"]


def _check_walltime(text: str) -> str:
    try:
        if ":" in text and duration_s(text) > 0:
            return text
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not a walltime; write HH:MM:SS")


def _check_line(text: str) -> str:
    if text.isprintable():
        return text
    raise ValueError("must be one line")


Line = Annotated[str, AfterValidator(_check_line)]
"""Text that becomes a part of a script's line."""


def _check_account(text: str) -> str:
    if not text:
        raise ValueError("is empty; write the name of your allocation")
    return _check_line(text)


Account = Annotated[str, AfterValidator(_check_account)]

JobTime = Annotated[str, AfterValidator(_check_walltime)]


class SiteSection(Section):
    """What kind of place it is."""

    scheduler: SchedulerName = Field(
        description="Who starts the blocks: slurm, pbs or lsf; none starts them here, and with "
        "globus-compute an endpoint does, [globus_compute]; with kubernetes everything runs in a "
        "cluster, by [site] directory and [kubernetes] alone.",
    )
    submit: Literal["commands", "parsl"] = Field(
        default="commands",
        description="How: by the scheduler's own commands, or through Parsl's execution providers, "
        "which molsteer-steering[parsl] brings. Change it only while the site is down.",
    )
    network: Literal["direct", "tls", "ssh-tunnel"] = Field(
        default="direct",
        description="How blocks reach Redis: directly, by TLS, or through a tunnel that each block "
        "opens for itself.",
    )
    tunnel: Line | None = Field(
        default=None,
        description="HOST or USER@HOST that blocks reach with ssh, without a question, and from "
        "which Redis is reached.",
    )
    directory: Path | None = Field(
        default=None,
        description="Folder of the deployment, which blocks must see; the profile's own name "
        "without .toml if not given.",
    )
    molsteer: Line | None = Field(
        default=None,
        description="Command of molsteer where blocks run without an image; that of this "
        "environment if not given.",
    )


def _check_plain(path: Path) -> Path:
    if re.fullmatch(r"/[\w./@+,:=-]*", str(path)):
        return path
    raise ValueError("is not an absolute path of letters, digits and ./@+,:=-_")


class GlobusComputeSection(Section):
    """Which endpoint of Globus Compute starts the blocks."""

    endpoint: UUID | None = Field(
        default=None, description="UUID of the endpoint: globus-compute-endpoint list."
    )
    folder: Annotated[Path, AfterValidator(_check_plain)] | None = Field(
        default=None,
        description="Folder on the endpoint's machine into which you copy what `molsteer site up` "
        "writes into `endpoint` of the deployment; left out where blocks see that folder itself.",
    )
    config: dict[str, str | int | float | bool] = Field(
        default={},
        description="Values for the template of an endpoint that has one, as account and queue.",
    )


class RedisSection(Section):
    """The server of the queues; where it is reached by others is in [queue]."""

    start: bool = Field(
        default=True,
        description="Start a server here, with users, keys and an append-only file; false uses "
        "that of queue.redis_url.",
    )
    host: Line | None = Field(
        default=None, description="Name under which blocks reach this machine; its own otherwise."
    )
    bind: Line | None = Field(
        default=None,
        description="Addresses that the server listens on; this machine alone where blocks run "
        "here or come through a tunnel, else all.",
    )
    port: NonNegativeInt = Field(
        default=0, le=65535, description="Port of the server; 0 chooses a free one."
    )
    certificate_file: Path | None = Field(
        default=None, description="Certificate (PEM) of the server, for network tls."
    )
    key_file: Path | None = Field(
        default=None, description="Private key (PEM) of that certificate, of mode 600."
    )
    authority_file: Path | None = Field(
        default=None,
        description="Certificates (PEM) of authorities that vouch for it; the certificate itself "
        "if not given.",
    )
    secrets: Path | None = Field(
        default=None,
        description="Folder `secrets` of the deployment that started the server, or what of it "
        "this site needs: ROLE.password, and TOPIC.keys.json where messages are signed.",
    )


class BatchSection(Section):
    """What every block asks of the scheduler; the tables of the services may say otherwise."""

    account: Account | None = Field(default=None, description="Allocation that is charged.")
    queue: Line | None = Field(default=None, description="Queue, or partition of Slurm.")
    qos: Line | None = Field(default=None, description="Quality of service of Slurm.")
    constraint: Line | None = Field(
        default=None,
        description="Which nodes: --constraint of Slurm, more of PBS's select, -R of LSF.",
    )
    walltime: JobTime | None = Field(default=None, description="Length of a block, HH:MM:SS.")
    nodes: PositiveInt = Field(default=1, description="Nodes of a block, with a worker on each.")
    cores: PositiveInt = Field(default=1, description="Cores on each node.")
    gpus: NonNegativeInt = Field(default=0, description="GPUs on each node.")
    options: tuple[Line, ...] = Field(
        default=(), description="More of the script's directives, without #SBATCH, #PBS or #BSUB."
    )
    modules: tuple[Line, ...] = Field(default=(), description="Modules that blocks load.")
    setup: tuple[Line, ...] = Field(default=(), description="Shell commands before the worker.")
    proxy: Line | None = Field(
        default=None, description="HTTP proxy by which compute nodes reach out."
    )
    local_disk: Line = Field(
        default="${TMPDIR:-/tmp}",
        description="Folder on a disk of the node; the shell reads variables in it.",
    )
    poll_s: float = Field(
        default=30.0, gt=0, description="Seconds between questions to the scheduler."
    )
    expected_wait_s: float = Field(
        default=60.0,
        ge=0,
        description="Seconds that a block waits in the queue, until some have started.",
    )
    idle_s: float = Field(
        default=300.0,
        ge=0,
        description="Seconds without any task of a service after which its blocks beyond "
        "min_blocks are given back.",
    )


class ImageSection(Section):
    """Images of Apptainer; without them, workers run from this environment."""

    cpu: Path | None = Field(default=None, description="Image of the simulator.")
    gpu: Path | None = Field(default=None, description="Image of the trainer and the inferencer.")
    runtime: Line = Field(default="apptainer", description="Command that runs images.")
    binds: tuple[Line, ...] = Field(
        default=(), description="More folders that images see, as SOURCE[:TARGET[:ro]]."
    )
    keep: Literal["sandbox", "mount"] = Field(
        default="sandbox",
        description="Unpack the image on the node's disk, where a cancelled job cannot lose it, or "
        "mount it, which is safe only where the kernel does that.",
    )
    gpu_flag: Literal["--nv", "--rocm"] = Field(
        default="--nv", description="How images get at GPUs: of NVIDIA, or of AMD."
    )


class ServiceSection(Section):
    """Blocks of one service."""

    min_blocks: NonNegativeInt = Field(default=0, description="Blocks that are always there.")
    max_blocks: NonNegativeInt = Field(
        default=0, description="Blocks that there are at most; 0 has no such service here."
    )
    processes: PositiveInt | None = Field(
        default=None, description="Tasks that a node does at once; its cores or GPUs if not given."
    )
    pool: Pool = Field(default=DEFAULT_POOL, description="Pool that the workers belong to.")
    expected_task_s: float = Field(
        default=0.0, ge=0, description="Seconds that a task takes; 0 where that is not known."
    )
    worker_options: tuple[Line, ...] = Field(
        default=(), description="More options of `molsteer worker`."
    )
    account: Account | None = Field(default=None, description="As [batch] account.")
    queue: Line | None = Field(default=None, description="As [batch] queue.")
    qos: Line | None = Field(default=None, description="As [batch] qos.")
    constraint: Line | None = Field(default=None, description="As [batch] constraint.")
    walltime: JobTime | None = Field(default=None, description="As [batch] walltime.")
    nodes: PositiveInt | None = Field(default=None, description="As [batch] nodes.")
    cores: PositiveInt | None = Field(default=None, description="As [batch] cores.")
    gpus: NonNegativeInt | None = Field(default=None, description="As [batch] gpus.")
    options: tuple[Line, ...] | None = Field(default=None, description="As [batch] options.")
