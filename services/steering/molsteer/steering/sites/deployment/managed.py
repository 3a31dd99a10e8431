"""Blocks of a batch system, or of this machine, as `molsteer site` has them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molsteer.shared.foreign_text import one_line, shell_word
from molsteer.shared.wire.topics import Topic
from molsteer.shared.wording import counted
from molsteer.shared.worker.job_end import local
from molsteer.steering.sites.deployment.deployment import Deployment
from molsteer.steering.sites.deployment.overview import Overview, ServiceOverview, overview
from molsteer.steering.sites.errors import UnknownService
from molsteer.steering.sites.profile import SERVICES
from molsteer.steering.sites.schedulers.port import Job

_TOPICS: dict[str, Topic] = {name: topic for topic, name in SERVICES.items()}


@dataclass(frozen=True, slots=True)
class Blocks:
    """A deployment whose workers run in blocks."""

    deployment: Deployment

    @property
    def next_step(self) -> str:
        """Tell what to do when it is up."""
        name = shell_word(self.deployment.place.site)
        if there := self.deployment.profile.globus_compute.folder:
            return (
                f"Copy what is in {self.deployment.place.endpoint} into {there} of the endpoint's "
                f"machine; then: molsteer run campaign.toml --site {name}"
            )
        return f"Steer a campaign there with: molsteer run campaign.toml --site {name}"

    def rendered(self) -> Iterator[str]:
        """Give the scripts of the jobs."""
        yield from self.deployment.scripts().values()

    def up(self) -> None:
        """Start or find Redis, make users and keys, and submit the blocks that are missing."""
        self.deployment.up(keep=True)

    def told(self) -> ToldBlocks:
        """Ask scheduler and server."""
        return ToldBlocks(overview(self.deployment))

    def scale(self, wanted: Mapping[str, int]) -> None:
        """Have other numbers of blocks from now on."""
        self.deployment.scale({_topic(name): number for name, number in wanted.items()})

    def logs(self, service: str | None, lines: int) -> Iterator[str]:
        """Give the last lines of each file."""
        folder = self.deployment.place.logs
        pattern = f"{_topic(service)}-*.out" if service else "*"
        files = sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime)
        if not files:
            yield f"There are no logs in {folder}."
        for file in files:
            yield f"{file}:"
            yield from (f"  {line}" for line in _last(file, lines))

    def down(self) -> str:
        """Cancel all blocks and stop the server."""
        cancelled, place = self.deployment.down(), self.deployment.place
        count = counted(len(cancelled), "block")
        return f"{place.site} is down: {count} cancelled. Logs: {place.logs}"


@dataclass(frozen=True, slots=True)
class ToldBlocks:
    """What scheduler and server told."""

    found: Overview

    def document(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return self.found.document()

    def lines(self) -> Iterator[str]:
        """Give it as people read it."""
        found = self.found
        yield f"{found.site}: Redis at {found.server}, folder {found.folder}"
        if found.trouble:
            yield f"  {found.trouble}"
        for service in found.services:
            yield f"{service.service}: {', '.join(_facts(service))}"
            told = [f"{job.id} {_told(job)}" for job in service.jobs]
            told += [
                f"{block} ended; said last: {said or 'nothing'}" for block, said in service.ended
            ]
            yield from (f"  {one_line(line)}" for line in told)


def _topic(service: str) -> Topic:
    if service not in _TOPICS:
        raise UnknownService(service, tuple(_TOPICS))
    return _TOPICS[service]


def _last(file: Path, count: int) -> Iterator[str]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        yield from (line.rstrip("\n") for line in deque(lines, count))


def _facts(service: ServiceOverview) -> Iterator[str]:
    yield f"{counted(len(service.jobs), 'block')} of {service.wanted} wanted"
    if service.workers is not None:
        yield f"{counted(service.workers, 'worker')} ready"
    if service.tasks is not None:
        yield counted(service.tasks, "task")


def _told(job: Job) -> str:
    match job.state:
        case "waiting":
            return f"waits: {job.why or 'the scheduler does not say why'}"
        case "ending":
            return f"ends, on {job.host}" if job.host else "ends"
        case "running":
            until = "" if job.ends_at is None else f", until {local(job.ends_at)}"
            return f"runs on {job.host or 'a node'}{until}{f' ({job.why})' if job.why else ''}"
