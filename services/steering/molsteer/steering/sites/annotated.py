"""Writes a profile that explains itself."""

from __future__ import annotations

from pathlib import Path

from molsteer.steering.errors import RefusedFile
from molsteer.steering.sites.profile import PROFILES
from molsteer.steering.sites.sections import SchedulerName

_QUEUE = {
    "slurm": ('queue = "standard"', "the partition: sinfo"),
    "pbs": ('queue = "workq"', "the queue: qstat -Q"),
    "lsf": ('queue = "normal"', "the queue: bqueues"),
}


def write_profile(name: str, scheduler: SchedulerName) -> Path:
    """Write a profile into `deploy/sites`; one that is there is never overwritten.

    Raises:
        RefusedFile: If it cannot be written.
    """
    file = PROFILES / f"{name}.toml"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(annotated(name, scheduler))
    except FileExistsError:
        raise RefusedFile(file, "it exists already", "Choose another name.") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise RefusedFile(file, reason, "Check free space and permissions.") from None
    return file


def annotated(name: str, scheduler: SchedulerName) -> str:
    """Write a profile for a kind of scheduler, with the reason of each value."""
    batch = _BATCH.format(*_QUEUE[scheduler]) if scheduler in _QUEUE else ""
    gpu = _GPU if batch else ""
    if scheduler == "globus-compute":
        batch = _GLOBUS_COMPUTE
    infer = "redis" if scheduler == "globus-compute" else "file"
    return (
        _HEAD.format(name=name, scheduler=scheduler)
        + batch
        + _SERVICES.format(gpu=gpu, infer=infer)
    )


_HEAD = """\
# The site {name}. Look at its job scripts: molsteer site render {name}
# Bring it up: molsteer site up {name}
# or for one campaign: molsteer run campaign.toml --site {name}

[site]
scheduler = "{scheduler}"
# network = "tls"           # direct | tls (with [redis] certificate_file, key_file) | ssh-tunnel
# tunnel = "login1"         # for ssh-tunnel: what blocks reach with ssh, and Redis from there
# directory = "/scratch/me/{name}"   # of address, secrets, logs, state; every node must see it

[redis]
start = true                # false uses the server of [queue] redis_url
# host = "login1"           # name under which compute nodes reach this machine
# port = 6380               # 0, the default, chooses a free one
"""

_BATCH = """
[batch]
# account = "PROJECT"       # the allocation that is charged
{0: <27} # {1}
walltime = "02:00:00"       # of a block; tasks that will not fit are left to the next one
cores = 16                  # on each node
# nodes = 1                 # of a block, with a worker on each
# modules = ["apptainer"]
# setup = ["source /path/to/venv/bin/activate"]
# proxy = "http://proxy:3128"
# local_disk = "/local/scratch"
# options = ["--exclusive"] # more directives, as the scheduler knows them

# [image]                   # without it, blocks run molsteer from this environment
# cpu = "dist/images/molsteer-cpu.sif"    # made by `make images`
# gpu = "dist/images/molsteer-gpu.sif"
# binds = ["/scratch/me"]
"""

_GLOBUS_COMPUTE = """
[globus_compute]
endpoint = "00000000-0000-0000-0000-000000000000"   # yours: globus-compute-endpoint list
# folder = "/home/me/molsteer-site"   # there, where that machine does not see this one's folders:
#                             # copy what `molsteer site up` writes into `endpoint` into it
# config = { account = "PROJECT" }    # for the template of an endpoint that has one

[batch]                     # nodes, account and queue are what the endpoint asks for
walltime = "00:55:00"       # of a block; less than that of the endpoint's own jobs
cores = 16                  # of the node that a block gets
# setup = ["source /path/to/venv/bin/activate"]   # sent through Globus: no secrets
"""

_GPU = """\
# gpus = 1                  # with their own queue, where that has GPUs
"""

_SERVICES = """
[simulator]
min_blocks = 0              # always there, also without a campaign
max_blocks = 2              # never more
expected_task_s = 5         # as measured: `molsteer report` tells
# processes = 16            # tasks at once on a node; its cores if not given

[trainer]
max_blocks = 1
{gpu}
[inferencer]
max_blocks = 1
{gpu}
[stores]                    # where large data goes; `file` needs a folder that every node sees
simulate = "redis"
train = "redis"
infer = "{infer}"
"""
