"""Watches a campaign from outside, and collects what is known about it after its end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from chaos.site import Site
from chaos.verdict import Evidence, Execution, Label, OrderedTask
from support.waiting import eventually

from molsteer.shared.bus.connection import connect
from molsteer.steering.errors import NoCampaign
from molsteer.steering.ledger import results, tasks
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.commands import (
    Dispatch,
    DispatchInference,
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
)
from molsteer.steering.policy.events import TaskEnded
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.verification.verify import verify

_LABELS = (
    "SELECT task_id, result.level, property, smiles, value FROM label"
    " JOIN result USING (number) WHERE number > ?"
)


@dataclass
class Witness:
    """Looks at the ledger now and then, without trusting it to keep what it shows.

    Attributes:
        seen: Labels it has ever seen.
        results: How many results they are of.
        settled: Tasks that were settled when it looked last.
    """

    run_dir: Path
    seen: list[Label] = field(default_factory=list)
    results: int = 0
    settled: int = 0
    longest_stall_s: float = 0.0
    _settled_at_s: float | None = None

    def look(self) -> None:
        """Take in what is new."""
        try:
            ledger = Ledger(self.run_dir, read_only=True)
        except NoCampaign:
            return
        with closing(ledger), ledger.snapshot():
            self.seen += _labels(ledger, after=self.results)
            self.results = results.count(ledger)
            settled = len(tasks.in_state(ledger, "settled"))
        now_s = time.monotonic()
        if self._settled_at_s is not None:
            self.longest_stall_s = max(self.longest_stall_s, now_s - self._settled_at_s)
        if settled > self.settled:
            self.settled, self._settled_at_s = settled, now_s


def evidence(site: Site, witness: Witness, space: SearchSpace, lease_s: float) -> Evidence:
    """Collect everything about a campaign that has ended."""
    with closing(Ledger(site.run_dir, read_only=True)) as ledger:
        return Evidence(
            tasks=list(_tasks(ledger, space)),
            labels=_labels(ledger),
            seen=witness.seen,
            published=set(_published(site.run_dir / "logs" / "steering.jsonl")),
            ends=list(_ends(ledger)),
            executions=list(executions(site.journal)),
            excuses_s=sorted(site.forgot_at_s + site.woke_at_s),
            lease_s=lease_s,
            longest_stall_s=witness.longest_stall_s,
            complaints=[*_complaints(site), *_verified(site.run_dir)],
        )


def executions(journal: Path) -> Iterator[Execution]:
    """Read the workers' journal."""
    open_ones: dict[tuple[str, int], float] = {}
    for line in journal.read_text().splitlines():
        work, pid, verb, at_s = line.split()
        key = work, int(pid)
        match verb:
            case "began":
                if key in open_ones:
                    yield Execution(*key, open_ones.pop(key), None)
                open_ones[key] = float(at_s)
            case "ended":
                yield Execution(*key, open_ones.pop(key), float(at_s))
    for key, began_s in open_ones.items():
        yield Execution(*key, began_s, None)


def _labels(ledger: Ledger, after: int = 0) -> list[Label]:
    return [Label(*row) for row in ledger.connection.execute(_LABELS, (after,))]


def _tasks(ledger: Ledger, space: SearchSpace) -> Iterator[OrderedTask]:
    commands = tasks.commands(ledger)
    trainings = [each for each in commands.values() if isinstance(each, DispatchTraining)]
    members = {(each.generation, each.group): _listed(each.members) for each in trainings}
    for task_id, state, starts in ledger.connection.execute(
        "SELECT task_id, state, starts FROM task"
    ):
        yield OrderedTask(task_id, _work(commands[task_id], space, members), state, starts)


def _work(command: Dispatch, space: SearchSpace, members: Mapping[tuple[int, int], str]) -> str:
    """Name work as the services do in their journal, who know members and no groups."""
    match command:
        case DispatchSimulation(molecule=molecule, level=level):
            return f"simulate/{level}/{space.smiles(molecule)}"
        case DispatchTraining(generation=generation, group=group):
            return f"train/{generation}/{members[generation, group]}"
        case DispatchPrediction(generation=generation, chunk=chunk, group=group):
            return f"predict/{generation}/{chunk}/{members[generation, group]}"
        case DispatchInference(generation=generation, chunk=chunk):
            return f"infer/{generation}/{chunk}"


def _listed(members: Sequence[int]) -> str:
    return ",".join(map(str, members))


def _ends(ledger: Ledger) -> Iterator[str]:
    return (event.task_id for event in ledger.events() if isinstance(event, TaskEnded))


def _published(log: Path) -> Iterator[str]:
    for line in log.read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # steering was killed while it wrote
        if entry["message"] == "Tasks published.":
            yield from entry["task_ids"]


def _verified(run_dir: Path) -> Iterator[str]:
    verdict = verify(run_dir)
    yield from verdict.broken
    if verdict.finished != "stopped":
        yield f"The campaign was stopped, and its end is {verdict.finished}."


def _complaints(site: Site) -> Iterator[str]:
    if "Traceback" in site.steering_output.read_text():
        yield f"Steering broke: {site.steering_output.read_text()}"
    for post in site.posts:
        yield from (f"A worker ended by itself, see {log}." for log in post.broken)
    try:
        eventually(lambda: not _left_in_redis(site))
    except AssertionError:
        yield from (f"{key} is left in Redis." for key in _left_in_redis(site))
    for file in (site.folder / "objects").rglob("*"):
        if file.is_file():
            yield f"{file.relative_to(site.folder)} is left in the file store."


def _left_in_redis(site: Site) -> list[str]:
    """Name what is there, but for living workers and the set that expires."""
    with connect(site.server.url) as client:
        keys = [key.decode() for key in client.scan_iter(count=1000)]
    return [key for key in keys if ":worker:" not in key and ":closed:" not in key]
