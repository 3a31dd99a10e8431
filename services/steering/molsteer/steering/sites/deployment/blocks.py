"""What each block of a site asks for, and its script."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never
from urllib.parse import urlsplit

from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_url import without_password
from molsteer.shared.wire.bounds import SITE_NAME
from molsteer.shared.wire.topics import DEFAULT_POOL, Topic
from molsteer.shared.worker.scheduler import duration_s
from molsteer.steering.sites.deployment.access import files_of, seen_worker_file
from molsteer.steering.sites.deployment.place import Place, this_machine
from molsteer.steering.sites.deployment.server import SiteServer
from molsteer.steering.sites.profile import SERVICES, Profile
from molsteer.steering.sites.schedulers import (
    globus_compute,
    lsf,
    parsl,
    parsl_providers,
    pbs,
    processes,
    slurm,
)
from molsteer.steering.sites.schedulers.block import Block, Image, Tunnel
from molsteer.steering.sites.schedulers.port import Scheduler
from molsteer.steering.sites.schedulers.script import Dialect, script
from molsteer.steering.sites.sections import SchedulerName, ServiceSection

_DIALECTS: dict[SchedulerName, Dialect] = {
    "slurm": slurm.DIALECT,
    "pbs": pbs.DIALECT,
    "lsf": lsf.DIALECT,
    "none": processes.DIALECT,
    "globus-compute": globus_compute.DIALECT,
}


def scheduler_of(profile: Profile, place: Place, queue: Callable[[], QueueSettings]) -> Scheduler:
    """Make what submits the blocks of a site.

    Args:
        profile: What the site is.
        place: Its folder.
        queue: Gives how the queues are reached from here, where blocks are told to end by them.
    """
    known, scheduler = place.folder / "blocks", profile.site.scheduler

    def block(topic: Topic) -> Block:
        return _block(profile, place, topic, None)

    if profile.site.submit == "parsl" and scheduler != "globus-compute":
        return parsl.ParslBlocks(scheduler, known, place.jobs / "parsl", block)
    match scheduler:
        case "slurm":
            return slurm.Slurm()
        case "pbs":
            return pbs.Pbs()
        case "lsf":
            return lsf.Lsf()
        case "none":
            return processes.Processes(known, place.logs, this_machine())
        case "globus-compute":
            given = profile.globus_compute
            return globus_compute.GlobusBlocks(
                str(given.endpoint), given.config, known, place.logs, block, queue
            )
        case _:
            assert_never(scheduler)


def script_of(profile: Profile, place: Place, topic: Topic, server: SiteServer | None) -> str:
    """Write the script of a topic's blocks."""
    scheduler = profile.site.scheduler
    block, dialect = _block(profile, place, topic, server), _DIALECTS[scheduler]
    if profile.site.submit == "parsl" and scheduler != "globus-compute":
        # What a block asks for is Parsl's business, and so are more of the directives.
        dialect = parsl_providers.dialect_of(dialect, scheduler)
        return script(replace(block, options=()), dialect)
    return script(block, dialect)


def slots_of(service: ServiceSection, topic: Topic) -> int:
    """Tell how many tasks a block of a service does at once."""
    return (service.nodes or 1) * _on_a_node(service, topic)


def _on_a_node(service: ServiceSection, topic: Topic) -> int:
    usual = service.cores if topic == "simulate" else service.gpus
    return service.processes or usual or 1


def _block(profile: Profile, place: Place, topic: Topic, server: SiteServer | None) -> Block:
    service, batch, there = profile.service(topic), profile.batch, profile.globus_compute.folder
    here = f"{shlex.quote(sys.executable)} -m molsteer.shared.cli"
    return Block(
        site=place.site,
        topic=topic,
        name=place.job_name(topic),
        script=place.jobs / f"{topic}.sh",
        logs=there / "logs" if there else place.logs,
        walltime_s=None if service.walltime is None else int(duration_s(service.walltime)),
        nodes=service.nodes or 1,
        cores=service.cores or 1,
        gpus=service.gpus or 0,
        account=service.account,
        queue=service.queue,
        qos=service.qos,
        constraint=service.constraint,
        options=service.options or (),
        modules=batch.modules,
        setup=batch.setup,
        proxy=batch.proxy,
        local_disk=batch.local_disk,
        molsteer=profile.site.molsteer or ("molsteer" if there else here),
        worker=tuple(_worker(profile, place, topic)),
        image=_image(profile, place, topic),
        tunnel=_tunnel(profile, topic, server),
    )


def _worker(profile: Profile, place: Place, topic: Topic) -> list[str]:
    service = profile.service(topic)
    gpus = service.gpus or 1
    each = gpus if topic != "simulate" and gpus > 1 else 1
    options = ["--config", str(seen_worker_file(place, profile, topic))]
    options += ["--processes", str(max(1, _on_a_node(service, topic) // each))]
    if service.pool != DEFAULT_POOL:
        options += ["--pool", service.pool]
    if profile.site.scheduler == "globus-compute":
        options += ["--block", globus_compute.BLOCK]
    if re.fullmatch(SITE_NAME, place.site):
        options += ["--site", place.site]
    if service.expected_task_s:
        options += ["--expected-task-s", f"{service.expected_task_s:g}"]
    return [*options, "--log-level", "info", *service.worker_options]


def _image(profile: Profile, place: Place, topic: Topic) -> Image | None:
    file = profile.image_of(topic)
    if file is None:
        return None
    there = profile.globus_compute.folder
    seen = [there] if there else [place.folder, *files_of(profile)]
    return Image(
        file=file.absolute(),
        runtime=profile.image.runtime,
        unpacked=profile.image.keep == "sandbox",
        binds=(*map(str, dict.fromkeys(seen)), *profile.image.binds),
        gpu_flag=profile.image.gpu_flag,
    )


def _tunnel(profile: Profile, topic: Topic, server: SiteServer | None) -> Tunnel | None:
    through = profile.site.tunnel
    if through is None:
        return None
    address = server.address(SERVICES[topic]) if server else profile.queue.redis_url
    parts = urlsplit(without_password(address))
    user = parts.username or ""
    if server is None and profile.redis.secrets:
        user = user or f"{profile.queue.prefix}-{SERVICES[topic]}"
    return Tunnel(through, parts.hostname or "localhost", parts.port or 6379, user)
