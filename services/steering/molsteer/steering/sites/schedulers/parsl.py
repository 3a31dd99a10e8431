"""Batch systems through Parsl's execution providers, where that is installed.

A provider knows only what it has submitted itself, so each block has a file here, from which
another process finds it again. What of the port a provider cannot do is in docs/adr/0019.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from molsteer.shared.host.processes import process_facts
from molsteer.shared.wire.topics import TOPICS, Topic
from molsteer.steering.sites.errors import ParslMissing, SchedulerFailed, SchedulerMissing
from molsteer.steering.sites.schedulers.block import Block
from molsteer.steering.sites.schedulers.commands import LOOK_AT_IT
from molsteer.steering.sites.schedulers.noted import NotedBlock, Notes
from molsteer.steering.sites.schedulers.parsl_providers import Provider, System, provider_of
from molsteer.steering.sites.schedulers.port import Job

_PROGRAMS: Mapping[System, tuple[str, str]] = {
    "slurm": ("Slurm", "sbatch"),
    "pbs": ("PBS", "qsub"),
    "lsf": ("LSF", "bsub"),
}


class Known(NotedBlock):
    """A block that was submitted; its name is without what Parsl adds.

    Attributes:
        script: What Parsl wrote.
        began: When its process began, where it is one of this machine.
        cancelled: Whether it was asked to end.
    """

    script: str
    began: str = ""
    cancelled: bool = False


@dataclass
class ParslBlocks:
    """Submits, lists and ends blocks through a provider for each topic.

    Attributes:
        system: The batch system behind Parsl.
        folder: Knows what was submitted: a file for each job, by its number.
        scripts: Where Parsl writes its scripts.
        block: Gives what a topic's blocks ask for.
        clock: Gives seconds of the Unix epoch.
    """

    system: System
    folder: Path
    scripts: Path
    block: Callable[[Topic], Block]
    clock: Callable[[], float] = time.time
    _providers: dict[Topic, Provider] = field(default_factory=dict)

    def submit(self, script: Path) -> str:
        """Submit a script: Parsl's own job runs it, in its place."""
        topic = next(topic for topic in TOPICS if topic == script.stem)
        provider, name = self._provider(topic), self.block(topic).name
        provider.resources.clear()
        self.scripts.mkdir(parents=True, exist_ok=True)
        with self._asking("submit"):
            # What Parsl adds to the name are the seconds of the epoch, and no two are the same.
            number = provider.submit(f"exec bash {shlex.quote(str(script))}", 1, name)
        if not number:
            raise SchedulerFailed(self._told("submit"), "nothing that Parsl tells", LOOK_AT_IT)
        self._notes.write(
            str(number), _known(topic, name, provider.resources[number], self.clock())
        )
        return str(number)

    def jobs(self, names: Collection[str]) -> list[Job]:
        """List jobs of these names; files of those that have ended are removed."""
        self._check_parts()
        known = {each: facts for each, facts in self._notes.read() if facts.name in names}
        found = []
        for topic in sorted({facts.topic for facts in known.values()}):
            ours = {each: facts for each, facts in known.items() if facts.topic == topic}
            found += self._ask(topic, ours)
        return sorted(found, key=lambda job: known[job.id].at)

    def cancel(self, ids: Sequence[str]) -> None:
        """Ask jobs to end, with the signal that the batch system sends."""
        known = dict(self._notes.read())
        for topic in {facts.topic for number, facts in known.items() if number in ids}:
            ours = {each: known[each] for each in ids if each in known}
            there = [job.id for job in self._ask(topic, _of(topic, ours))]
            if not there:
                continue
            with self._asking("cancel"):
                done = self._provider(topic).cancel(there)
            for number, went_well in zip(there, done, strict=True):
                if went_well:
                    self._notes.write(number, known[number].model_copy(update={"cancelled": True}))
            if not all(done):
                raise SchedulerFailed(self._told("cancel"), "no reason", "Ask again later.")

    def _ask(self, topic: Topic, known: Mapping[str, Known]) -> list[Job]:
        """Have Parsl look at jobs as if it had just submitted them."""
        from parsl.jobs.states import JobState, JobStatus

        unasked = JobStatus(JobState.UNKNOWN)
        here = {number for number, facts in known.items() if self._may_live(number, facts)}
        provider = self._provider(topic)
        provider.resources.clear()
        for number in here:
            provider.resources[number] = _resource(number, known[number], unasked)
        with self._asking("status"):
            states = dict(zip(sorted(here), provider.status(sorted(here)), strict=True))
        if any(state is unasked for state in states.values()):
            raise SchedulerFailed(self._told("status"), "no state of the jobs", "Ask again later.")
        jobs = []
        for number, facts in known.items():
            if number not in here or states[number].terminal:
                self._forget(number, facts)
            elif states[number].state in {JobState.PENDING, JobState.HELD}:
                jobs.append(Job(number, facts.name, "waiting"))
            else:
                jobs.append(self._running(number, facts))
        return jobs

    def _running(self, number: str, facts: Known) -> Job:
        if facts.running_since is None:
            facts = facts.model_copy(update={"running_since": self.clock()})
            self._notes.write(number, facts)
        walltime_s = self.block(facts.topic).walltime_s
        ends_at = None if walltime_s is None else (facts.running_since or 0.0) + walltime_s
        return Job(number, facts.name, "ending" if facts.cancelled else "running", ends_at=ends_at)

    def _check_parts(self) -> None:
        if find_spec("parsl") is None:
            raise ParslMissing
        program = _PROGRAMS.get(self.system)
        if program and shutil.which(program[1]) is None:
            raise SchedulerMissing(*program)

    def _provider(self, topic: Topic) -> Provider:
        if topic not in self._providers:
            with self._asking("begin"):
                self._providers[topic] = provider_of(self.system, self.block(topic), self.scripts)
        return self._providers[topic]

    def _may_live(self, number: str, facts: Known) -> bool:
        """Tell whether a process of this machine is still the one that was started."""
        if self.system != "none":
            return True
        found = process_facts(int(number))
        return found is not None and found.began == facts.began and found.state != "Z"

    @property
    def _notes(self) -> Notes[Known]:
        return Notes(self.folder, Known)

    def _forget(self, number: str, facts: Known) -> None:
        self._notes.remove(number)
        script = Path(facts.script)
        for file in script.parent.glob(f"{script.name}*"):
            file.unlink(missing_ok=True)

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        from parsl.errors import ParslError

        try:
            yield
        except (ParslError, subprocess.SubprocessError, OSError, ValueError) as error:
            said = str(error) or type(error).__name__
            raise SchedulerFailed(self._told(what), said, LOOK_AT_IT) from None

    def _told(self, what: str) -> str:
        return f"Parsl ({self.system}, {what})"


def _of(topic: Topic, known: Mapping[str, Known]) -> dict[str, Known]:
    return {number: facts for number, facts in known.items() if facts.topic == topic}


def _known(topic: Topic, name: str, resource: Mapping[str, Any], at: float) -> Known:
    script = resource.get("script_path") or resource.get("job_stdout_path", "")
    pid = resource.get("remote_pid")
    facts = None if pid is None else process_facts(pid)
    return Known(
        topic=topic,
        name=name,
        at=at,
        script=str(script).removesuffix(".stdout"),
        began=facts.began if facts else "",
    )


def _resource(number: str, facts: Known, status: object) -> dict[str, Any]:
    """Give what the providers of this version keep of a job."""
    return {
        "job_id": number,
        "status": status,
        "script_path": facts.script,
        "remote_pid": int(number) if number.isdecimal() else 0,
        "job_stdout_path": f"{facts.script}.stdout",
        "job_stderr_path": f"{facts.script}.stderr",
    }
