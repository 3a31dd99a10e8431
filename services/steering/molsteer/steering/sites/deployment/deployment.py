"""Brings the workers of a site up and down; doing it twice is doing it once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from molsteer.shared.bus.fitness import check_server
from molsteer.shared.errors import SettingsError
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic
from molsteer.steering.sites.deployment.access import (
    Tables,
    make_secrets,
    queue_of,
    steering_settings,
    write_worker_files,
)
from molsteer.steering.sites.deployment.blocks import scheduler_of, script_of, slots_of
from molsteer.steering.sites.deployment.images import check_images
from molsteer.steering.sites.deployment.place import Place, State, Submitted, this_machine
from molsteer.steering.sites.deployment.server import SiteServer, free_port
from molsteer.steering.sites.errors import BlocksRemain, OtherDeployment, PortTaken
from molsteer.steering.sites.profile import SERVICES, Profile, load_profile
from molsteer.steering.sites.schedulers.port import Job, Scheduler

END_WITHIN_S = 120.0
"""How long jobs may take to end after they were cancelled."""

REMEMBERED = 50
"""Blocks that a deployment remembers after their end."""

EVERYWHERE = "*"


@dataclass
class Deployment:
    """What of a site is up, or will be.

    Attributes:
        place: Its folder.
        profile: What it should be.
    """

    place: Place
    profile: Profile
    scheduler: Scheduler = field(init=False)

    def __post_init__(self) -> None:
        self.scheduler = scheduler_of(self.profile, self.place, self._queue)

    @property
    def is_up(self) -> bool:
        """Whether it was brought up, even in part."""
        return self.place.state_file.is_file()

    def server(self, port: int) -> SiteServer | None:
        """Give the server that is started here, or None where another one is used."""
        if not self.profile.redis.start:
            return None
        options, network = self.profile.redis, self.profile.site.network
        local = self.profile.site.scheduler == "none" or network == "ssh-tunnel"
        host = options.host or ("localhost" if local else this_machine())
        bind = options.bind or ("127.0.0.1" if local else EVERYWHERE)
        return SiteServer(self.place, options, self.profile.queue, host, port, bind)

    def up(self, least: Mapping[Topic, int] | None = None, *, keep: bool = False) -> State:
        """Bring up what is missing, and nothing twice.

        Args:
            least: Blocks to begin with where the profile says fewer.
            keep: Leave it up when the campaigns that use it have ended.

        Raises:
            UserError: If something is in the way. What is up already stays; the same call goes on
                from there, and `down` takes it down.
        """
        self.jobs()  # fails where there is no scheduler, before anything is made
        if self.profile.globus_compute.folder is None:
            check_images(self.profile)
        with self.place.alone():
            state = self._begun(least or {}, keep=keep)
            self._check_machine(state)
            state = self._with_server(state)
            self._write_files(state)
            return self.reach(state, self.jobs())

    def reach(self, state: State, jobs: list[Job]) -> State:
        """Submit the blocks that are missing from what is wanted."""
        for topic, wanted in state.blocks.items():
            there = sum(job.state != "ending" for job in self.jobs_of(topic, jobs))
            for _ in range(wanted - there):
                state = self.submit(state, topic)
        return state

    def submit(self, state: State, topic: Topic) -> State:
        """Submit one block, and remember it."""
        number = self.scheduler.submit(self.place.jobs / f"{topic}.sh")
        new = Submitted(id=number, topic=topic, at=time.time())
        state = state.model_copy(update={"submitted": (*state.submitted, new)[-REMEMBERED:]})
        self.place.write(state)
        return state

    def scale(self, wanted: Mapping[Topic, int]) -> State:
        """Have another number of blocks from now on; those that wait are cancelled first.

        Raises:
            SettingsError: If it is more than the profile allows.
            NotDeployed: If nothing is up.
        """
        self._check_numbers(wanted)
        state = self.place.read()
        with self.place.alone():
            state = state.model_copy(update={"blocks": {**state.blocks, **wanted}})
            self.place.write(state)
            jobs = self.jobs()
            for topic in wanted:
                self.scheduler.cancel(surplus(self.jobs_of(topic, jobs), state.blocks[topic]))
            return self.reach(state, jobs)

    def down(self) -> list[Job]:
        """Cancel all blocks, stop the server, and remove its secrets; logs stay.

        Returns:
            The jobs that were cancelled.

        Raises:
            NotDeployed: If nothing is up.
            BlocksRemain: If jobs do not end.
        """
        state = self.place.read()
        with self.place.alone():
            self._check_machine(state)
            jobs = self.jobs()
            self.scheduler.cancel([job.id for job in jobs])
            self._await_end()
            if state.port and (server := self.server(state.port)):
                server.stop()
            self.place.clear()
        return jobs

    def jobs(self) -> list[Job]:
        """List the blocks that have not ended, the oldest first."""
        return self.scheduler.jobs([self.place.job_name(topic) for topic in SERVICES])

    def jobs_of(self, topic: Topic, jobs: list[Job]) -> list[Job]:
        """Choose the blocks of a topic."""
        return [job for job in jobs if job.name == self.place.job_name(topic)]

    def settings(self, state: State) -> Tables:
        """Give the settings of a campaign whose workers are these."""
        return steering_settings(self.place, self.profile, self.server(state.port))

    def _queue(self) -> QueueSettings:
        return QueueSettings.model_validate(self.settings(self.place.read())["queue"])

    def slots(self) -> dict[Topic, int]:
        """Tell how many tasks of each topic the site does at once when all its blocks run."""
        services = {topic: self.profile.service(topic) for topic in self.profile.topics}
        return {topic: each.max_blocks * slots_of(each, topic) for topic, each in services.items()}

    def scripts(self) -> dict[Topic, str]:
        """Write the scripts of all blocks as they would be submitted."""
        port = self.place.read().port if self.is_up else self.profile.redis.port or 6379
        return self._scripts(self.server(port))

    def _begun(self, least: Mapping[Topic, int], *, keep: bool) -> State:
        if self.is_up:
            state = self.place.read()
        else:
            state = State(site=self.place.site, machine=this_machine())
        service = self.profile.service
        blocks = {topic: state.blocks.get(topic, service(topic).min_blocks) for topic in SERVICES}
        for topic, number in least.items():
            blocks[topic] = min(max(blocks[topic], number), service(topic).max_blocks)
        served = {topic: blocks[topic] for topic in self.profile.topics}
        state = state.model_copy(update={"blocks": served, "kept": state.kept or keep})
        self.place.write(state)
        return state

    def _check_machine(self, state: State) -> None:
        here = this_machine()
        if self.profile.site.scheduler == "none" and state.machine != here:
            reason = f"its blocks are processes of {state.machine}, and this is {here}"
            cure = f"Go to {state.machine}, or choose another as [site] directory."
            raise OtherDeployment(self.place.folder, reason, cure)

    def _with_server(self, state: State, tries: int = 3) -> State:
        if not self.profile.redis.start:
            if self.profile.site.tunnel is None:
                for topic in self.profile.topics:
                    check_server(queue_of(self.place, self.profile, None, topic).server_url)
            return state
        make_secrets(self.place, self.profile)
        before, chosen = state.port, state.port or self.profile.redis.port
        state = state.model_copy(update={"port": chosen or free_port()})
        self.place.write(state)
        try:
            self._start_server(state, begun_before=bool(before))
        except PortTaken:
            state = state.model_copy(update={"port": 0})  # another time, another port
            self.place.write(state)
            if chosen or tries == 1:
                raise
            return self._with_server(state, tries - 1)
        return state

    def _start_server(self, state: State, *, begun_before: bool) -> None:
        server, here = self.server(state.port), this_machine()
        if server is None or server.is_up():
            return
        if begun_before and state.machine != here:
            reason = f"its server was started on {state.machine} and does not answer"
            cure = f"Go to {state.machine}, or take it down first: molsteer site down"
            raise OtherDeployment(self.place.folder, reason, cure)
        server.start()

    def _write_files(self, state: State) -> None:
        server = self.server(state.port)
        write_worker_files(self.place, self.profile, server)
        self.place.jobs.mkdir(exist_ok=True)
        for topic, text in self._scripts(server).items():
            (self.place.jobs / f"{topic}.sh").write_text(text, encoding="utf-8")

    def _scripts(self, server: SiteServer | None) -> dict[Topic, str]:
        return {
            topic: script_of(self.profile, self.place, topic, server)
            for topic in self.profile.topics
        }

    def _await_end(self) -> None:
        deadline = time.monotonic() + END_WITHIN_S
        while jobs := self.jobs():
            if time.monotonic() > deadline:
                raise BlocksRemain([job.id for job in jobs], END_WITHIN_S)
            time.sleep(0.5)

    def _check_numbers(self, wanted: Mapping[Topic, int]) -> None:
        problems = [
            f"[{SERVICES[topic]}] max_blocks: is {self.profile.service(topic).max_blocks}, and "
            f"{number} are wanted. Raise it, or ask for fewer."
            for topic, number in wanted.items()
            if number > self.profile.service(topic).max_blocks
        ]
        if problems:
            raise SettingsError(self.place.site, problems)


def surplus(jobs: list[Job], wanted: int) -> list[str]:
    """Choose the jobs to cancel so that as many are left as are wanted."""
    first = first_to_go(jobs)
    return first[: max(0, len(first) - wanted)]


def first_to_go(jobs: list[Job]) -> list[str]:
    """Order the jobs that could be cancelled; those that end already are not among them.

    Those that wait go first, the newest before the others, and then those that end soonest.
    """
    waiting = [job for job in reversed(jobs) if job.state == "waiting"]
    running = [job for job in jobs if job.state == "running"]
    running.sort(key=lambda job: job.ends_at or 0.0)
    return [job.id for job in (*waiting, *running)]


def open_deployment(name: str) -> Deployment:
    """Find a site's profile and its deployment; nothing is made.

    Raises:
        UnknownSite: If there is no such profile.
        SettingsError: If it cannot be used.
    """
    file, profile = load_profile(name)
    folder = profile.site.directory or file.with_suffix("")
    return Deployment(Place(file.stem, Path(folder).absolute()), profile)
