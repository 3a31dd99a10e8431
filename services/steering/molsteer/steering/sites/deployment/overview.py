"""What of a deployment runs where, and what waits why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from molsteer.shared.bus.workers import live_workers
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.foreign_text import one_line
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic
from molsteer.steering.sites.deployment.deployment import Deployment
from molsteer.steering.sites.deployment.load import log_of, said_last, tasks_there
from molsteer.steering.sites.profile import SERVICES
from molsteer.steering.sites.schedulers.port import Job

_ENDED_SHOWN = 3
"""Blocks that have ended, of each service, whose last words are shown."""


@dataclass(frozen=True, slots=True)
class ServiceOverview:
    """One service at a site.

    Attributes:
        service: Its table in the profile.
        topic: What it works on.
        wanted: Blocks that are wanted without a campaign.
        jobs: Its blocks that have not ended.
        workers: Workers that show that they live; None if the server does not tell.
        tasks: Tasks that wait or run; None if the server does not tell.
        ended: The latest blocks that have ended, with what they said last.
    """

    service: str
    topic: Topic
    wanted: int
    jobs: tuple[Job, ...]
    workers: int | None
    tasks: int | None
    ended: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """A deployment now.

    Attributes:
        site: Its name.
        folder: Where its logs, secrets and state are.
        server: Where its Redis server is.
        trouble: What is wrong with the server, if anything.
        services: What the site works on.
    """

    site: str
    folder: str
    server: str
    trouble: str | None
    services: tuple[ServiceOverview, ...]

    def document(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return asdict(self)


def overview(deployment: Deployment) -> Overview:
    """Ask scheduler and server.

    Raises:
        NotDeployed: If nothing is up.
        UserError: If there is no scheduler here, or it does not answer.
    """
    state, jobs, profile = deployment.place.read(), deployment.jobs(), deployment.profile
    tables = deployment.settings(state)
    queue = QueueSettings.model_validate(tables["queue"])
    pools = {topic: profile.service(topic).pool for topic in profile.topics}
    trouble, tasks, workers = None, None, None
    try:
        tasks, workers = tasks_there(queue, pools), live_workers(queue)
    except ServiceUnavailable as error:
        trouble = str(error)
    return Overview(
        site=deployment.place.site,
        folder=str(deployment.place.folder),
        server=queue.redis_url.rpartition("@")[2].removesuffix("/0"),
        trouble=trouble,
        services=tuple(
            ServiceOverview(
                service=SERVICES[topic],
                topic=topic,
                wanted=state.blocks.get(topic, 0),
                jobs=tuple(deployment.jobs_of(topic, jobs)),
                workers=None
                if workers is None
                else sum((each.topic, each.pool) == (topic, pools[topic]) for each in workers),
                tasks=None if tasks is None else tasks[topic],
                ended=tuple(_ended(deployment, topic, jobs)),
            )
            for topic in profile.topics
        ),
    )


def _ended(deployment: Deployment, topic: Topic, jobs: list[Job]) -> list[tuple[str, str]]:
    there = {job.id for job in jobs}
    gone = [
        each.id
        for each in deployment.place.read().submitted
        if each.topic == topic and each.id not in there
    ]
    logs = deployment.place.logs
    return [
        (number, one_line(said_last(log_of(logs, topic, number))))
        for number in gone[-_ENDED_SHOWN:]
    ]
