"""Blocks that an endpoint of Globus Compute starts where nobody else can.

Globus tells that a block has ended, and cannot end one. That it has begun, and that it is not
wanted any more, goes through Redis instead (docs/adr/0036).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import TOPICS, Topic
from molsteer.shared.worker.blocks import announce, dismiss, hosts
from molsteer.steering.sites.errors import GlobusFailed, NotDeployed
from molsteer.steering.sites.schedulers.block import Block
from molsteer.steering.sites.schedulers.globus_function import run_block
from molsteer.steering.sites.schedulers.globus_service import Ended, GlobusService
from molsteer.steering.sites.schedulers.noted import NotedBlock, Notes
from molsteer.steering.sites.schedulers.port import Job
from molsteer.steering.sites.schedulers.script import Dialect

BLOCK = "@BLOCK@"
"""Stands in scripts for the name of the block that is submitted."""

SUBMITTED_WITHIN_S = 300.0
"""How long Globus may take to answer whoever submits a block."""

LATE_S = 60.0
"""How long after its walltime a block of which nothing is heard counts as ended."""

DISMISSED_S = 660.0
"""The same after it was told to end: workers without Redis wait ten minutes for it."""


class Known(NotedBlock):
    """A block that was submitted, or was about to be.

    Attributes:
        log: What the block says, on its machine.
        task: Its number at Globus; empty if nobody knows whether it got there.
        host: Where it has begun.
        dismissed_at: When it was told to end.
    """

    log: str
    task: str = ""
    host: str = ""
    dismissed_at: float | None = None


@dataclass
class GlobusBlocks:
    """Submits, lists and ends blocks of workers through an endpoint.

    Attributes:
        endpoint: Its id.
        config: What the endpoint's template is filled with.
        folder: Knows what was submitted: a file for each block, by its name.
        logs: Where the last words of blocks go that have ended.
        block: Gives what a topic's blocks are.
        queue: Gives how the queues are reached from here.
        clock: Gives seconds of the Unix epoch.
    """

    endpoint: str
    config: Mapping[str, object]
    folder: Path
    logs: Path
    block: Callable[[Topic], Block]
    queue: Callable[[], QueueSettings]
    service: GlobusService = field(default_factory=GlobusService)
    clock: Callable[[], float] = time.time
    _function: str = ""

    def submit(self, script: Path) -> str:
        """Submit a script; it is written down before, so that it is never forgotten.

        Raises:
            GlobusFailed: If the endpoint is away, or does not take it.
            ServiceUnavailable: If Redis does not answer.
        """
        topic = next(topic for topic in TOPICS if topic == script.stem)
        self.service.check_online(self.endpoint)
        self._function = self._function or self.service.register(run_block)
        number, block = secrets.token_hex(6), self.block(topic)
        log = _log_of(block).replace(BLOCK, number)
        known = Known(topic=topic, name=block.name, at=self.clock(), log=log)
        self._notes.write(number, known)
        announce(self.queue(), topic, number)
        text = script.read_text(encoding="utf-8").replace(BLOCK, number)
        try:
            task = self.service.submit(self.endpoint, self._function, (text, log), self.config)
        except GlobusFailed:
            self._forget(number, known)  # should it have got there all the same, it ends at once
            raise
        self._notes.write(number, known.model_copy(update={"task": task}))
        return number

    def jobs(self, names: Collection[str]) -> list[Job]:
        """List blocks of these names; files of those that have ended are removed."""
        self.service.check_login()
        known = {number: facts for number, facts in self._notes.read() if facts.name in names}
        ended = self.service.ended({facts.task for facts in known.values() if facts.task})
        here = {}
        for number, facts in known.items():
            if facts.task in ended:
                self._say_last(number, facts, ended[facts.task])
                self._forget(number, facts)
            elif facts.task or self.clock() < facts.at + SUBMITTED_WITHIN_S:
                here[number] = facts
            else:
                self.cancel([number])  # submitting it was interrupted
        jobs = [
            job for number, facts in self._seen(here).items() for job in self._job(number, facts)
        ]
        return sorted(jobs, key=lambda job: here[job.id].at)

    def cancel(self, ids: Sequence[str]) -> None:
        """Tell blocks to end; what has not begun is forgotten, for it ends when it begins."""
        known = {number: facts for number, facts in self._notes.read() if number in ids}
        found = self._dismissed(known)
        for number, facts in known.items():
            host = found.get(number, facts.host)
            if host or number not in found:
                told_at = facts.dismissed_at or self.clock()
                update = {"host": host or facts.host, "dismissed_at": told_at}
                self._notes.write(number, facts.model_copy(update=update))
            else:
                self._forget(number, facts)

    def _dismissed(self, known: Mapping[str, Known]) -> dict[str, str]:
        """Want blocks no longer; tells where they have begun, unless Redis is away."""
        blocks = [(facts.topic, each) for each, facts in known.items()]
        try:
            found = dismiss(self.queue(), blocks)
        except (ServiceUnavailable, NotDeployed):
            return {}
        return {each: host or known[each].host for each, host in zip(known, found, strict=True)}

    def _seen(self, known: Mapping[str, Known]) -> dict[str, Known]:
        """Take down which blocks have begun since, and tell those again that did not hear it."""
        try:
            found = hosts(self.queue(), [(facts.topic, each) for each, facts in known.items()])
        except (ServiceUnavailable, NotDeployed):
            return dict(known)
        seen = dict(known)
        for (number, facts), host in zip(known.items(), found, strict=True):
            if host is not None and facts.dismissed_at is not None:
                self._dismissed({number: facts})
            elif host and facts.running_since is None and facts.task:
                # Without its task, another process is just about to write it down.
                update = {"host": host, "running_since": self.clock()}
                seen[number] = facts.model_copy(update=update)
                self._notes.write(number, seen[number])
        return seen

    def _job(self, number: str, facts: Known) -> Iterator[Job]:
        walltime_s = self.block(facts.topic).walltime_s
        since = facts.running_since
        ends_at = None if walltime_s is None or since is None else since + walltime_s
        limits = [] if ends_at is None else [ends_at + LATE_S]
        if facts.dismissed_at is not None:
            limits.append(facts.dismissed_at + DISMISSED_S)
        if limits and self.clock() > min(limits):
            self._forget(number, facts)
        elif facts.dismissed_at is not None:
            yield Job(number, facts.name, "ending", host=facts.host)
        elif facts.host:
            yield Job(number, facts.name, "running", host=facts.host, ends_at=ends_at)
        else:
            yield Job(number, facts.name, "waiting", why="the endpoint does not tell why")

    def _say_last(self, number: str, facts: Known, ended: Ended) -> None:
        """Keep the last words of a block where those of others are, unless its log is there."""
        file = self.logs / f"{facts.topic}-{number}.out"
        if not file.exists():
            said = ended.failure
            if isinstance(ended.result, dict):
                status = f"It ended with status {ended.result.get('status')}."
                said = str(ended.result.get("said") or status)
            self.logs.mkdir(exist_ok=True)
            file.write_text(f"{said.strip()}\n", encoding="utf-8", errors="replace")

    @property
    def _notes(self) -> Notes[Known]:
        return Notes(self.folder, Known)

    def _forget(self, number: str, facts: Known) -> None:
        self._dismissed({number: facts})
        self._notes.remove(number)


def _log_of(block: Block) -> str:
    return str(block.logs / f"{block.topic}-{BLOCK}.out")


def _first(block: Block) -> list[str]:
    log = _log_of(block)
    return [
        f"# Sent to an endpoint of Globus Compute, with the block's name in place of {BLOCK}.",
        f"mkdir -p {block.logs}",
        f"exec >>{log} 2>&1 || exit",
    ]


DIALECT = Dialect("#MOLSTEER", lambda _block: [], "", lambda _block: "", _first)
