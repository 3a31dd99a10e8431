"""What a chaos run has shown, from what its witnesses say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple, TypeVar

from support.toy_services import toy_value

from molsteer.shared.worker.execution import LOST_STARTS
from molsteer.steering.settings.campaign import PolicySection

Named = TypeVar("Named", str, tuple[str, str])

LONGEST_STALL_S = 60.0
"""A campaign that settles nothing for longer stands still; no single fault lasts a tenth of it."""

SLACK_S = 1.0
"""How long after its lease was taken a process may write into the journal."""


class OrderedTask(NamedTuple):
    """A row of the ledger's tasks; `work` names what is to be done, whichever attempt it is."""

    task_id: str
    work: str
    state: str
    starts: int


class Label(NamedTuple):
    """A row of the ledger's labels."""

    task_id: str
    level: str
    property: str
    smiles: str
    value: float


class Execution(NamedTuple):
    """An entry of the workers' own journal, by a clock that never jumps; killed ones never end."""

    work: str
    process: int
    began_s: float
    ended_s: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What witnesses say after the end of a campaign.

    Attributes:
        tasks: By the ledger.
        labels: By the ledger.
        seen: Labels that the ledger showed while the campaign ran.
        published: Tasks that steering published, by its log.
        ends: The task of each end in the journal of events.
        executions: By the workers' journal.
        excuses_s: When Redis lost something or a stopped process went on: moments from which two
            processes may do the same work within a lease.
        lease_s: How long a lease lasts.
        longest_stall_s: Longest time in which nothing was settled.
        complaints: What else was found broken, in sentences.
    """

    tasks: Sequence[OrderedTask]
    labels: Sequence[Label]
    seen: Collection[Label]
    published: Collection[str]
    ends: Sequence[str]
    executions: Sequence[Execution]
    excuses_s: Sequence[float]
    lease_s: float
    longest_stall_s: float
    complaints: Sequence[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, and how often work was done again, which is no wrong."""

    tasks: int
    missing: tuple[str, ...]
    doubled: tuple[str, ...]
    broken: tuple[str, ...]
    reexecuted: int
    longest_stall_s: float

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missing or self.doubled or self.broken)

    def to_json(self, faults: int, seed: int) -> str:
        """Write one line."""
        return json.dumps(
            {
                "tasks": self.tasks,
                "faults": faults,
                "missing": len(self.missing),
                "doubled": len(self.doubled),
                "reexecuted": self.reexecuted,
                "longest_stall_s": round(self.longest_stall_s, 1),
                "seed": seed,
            }
        )


def judge(evidence: Evidence) -> Verdict:
    """Weigh what the witnesses say."""
    return Verdict(
        tasks=len(evidence.tasks),
        missing=tuple(_missing(evidence)),
        doubled=tuple(_doubled(evidence)),
        broken=tuple(_broken(evidence)),
        reexecuted=_reexecuted(evidence),
        longest_stall_s=evidence.longest_stall_s,
    )


def _missing(evidence: Evidence) -> Iterator[str]:
    known = {task.task_id for task in evidence.tasks}
    ended = set(evidence.ends)
    for task in evidence.tasks:
        if task.state not in {"settled", "revoked"}:
            yield f"Task {task.task_id} is {task.state} for ever."
        if task.state == "settled" and task.task_id not in ended:
            yield f"Task {task.task_id} was settled, and nothing came of it."
    for task_id in set(evidence.published) - known:
        yield f"Task {task_id} was published, and the ledger does not know it."
    for label in set(evidence.seen) - set(evidence.labels):
        yield f"The label of {label.task_id} was there and is gone or another one."
    for work in {execution.work for execution in evidence.executions} - _attempts(evidence).keys():
        yield f"{work} was executed, and the ledger does not know it."


def _doubled(evidence: Evidence) -> Iterator[str]:
    for task_id, times in _repeated(evidence.ends):
        yield f"Task {task_id} ended {times} times."
    labels = [(label.task_id, label.property) for label in evidence.labels]
    for (task_id, name), times in _repeated(labels):
        yield f"Task {task_id} gave {name} {times} times."
    labels = [(f"{label.smiles} at {label.level}", label.property) for label in evidence.labels]
    for (molecule, name), times in _repeated(labels):
        yield f"Molecule {molecule} has {name} {times} times."


def _repeated(names: Sequence[Named]) -> list[tuple[Named, int]]:
    return [(name, times) for name, times in Counter(names).items() if times > 1]


def _broken(evidence: Evidence) -> Iterator[str]:
    yield from evidence.complaints
    for label in evidence.labels:
        if abs(label.value - toy_value(label.smiles, label.property, label.level)) > 1e-6:
            yield f"The {label.property} of {label.smiles} at {label.level} is {label.value}."
    # Poison is told at the start after the last one allowed.
    most_starts = LOST_STARTS * PolicySection().max_starts + 1
    for task in evidence.tasks:
        if task.starts > most_starts:
            yield f"Task {task.task_id} was started {task.starts} times."
    yield from _concurrent(evidence)
    if evidence.longest_stall_s > LONGEST_STALL_S:
        yield f"Nothing was settled for {evidence.longest_stall_s:.0f} s."


def _concurrent(evidence: Evidence) -> Iterator[str]:
    """Name work that two processes did at the same time although the first still held its lease."""
    in_order = sorted(evidence.executions, key=lambda execution: execution[0:3:2])
    for work, executions in groupby(in_order, key=lambda execution: execution.work):
        one_by_one = list(executions)
        for first, second in pairwise(one_by_one):
            overlaps = first.ended_s is not None and first.ended_s > second.began_s
            leased = second.began_s < first.began_s + evidence.lease_s - SLACK_S
            excused = any(
                first.began_s - SLACK_S <= moment_s <= second.began_s
                for moment_s in evidence.excuses_s
            )
            if overlaps and leased and not excused:
                yield f"{work} was executed by two processes at a time."


def _reexecuted(evidence: Evidence) -> int:
    executions = Counter(execution.work for execution in evidence.executions)
    attempts = _attempts(evidence)
    return sum(max(0, times - attempts.get(work, 0)) for work, times in executions.items())


def _attempts(evidence: Evidence) -> Mapping[str, int]:
    return Counter(task.work for task in evidence.tasks)
