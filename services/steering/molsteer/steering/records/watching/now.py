"""What somebody who watches a campaign sees, at one moment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from molsteer.shared.wire.properties import Objective, Quantity
from molsteer.shared.wire.topics import TOPICS, Topic
from molsteer.steering.control.changes import noted_changes
from molsteer.steering.control.thresholds import thresholds_now
from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.additions import Addition, additions
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.codecs.plan_codec import plan_from
from molsteer.steering.records.aims import leading, objectives
from molsteer.steering.records.failures import Failure, failures
from molsteer.steering.records.figures.achieved import Achieved, achieved, oldest_dispatched
from molsteer.steering.records.figures.bests import on_front
from molsteer.steering.records.figures.so_far import best_so_far
from molsteer.steering.records.limits import breaking, read_told, read_valued
from molsteer.steering.records.progress import Progress

CURVE_POINTS = 120
"""Points of the curve of the best value at most."""

SHOWN = 3
"""Molecules that are shown of the best and of the latest ones."""

ACTIVE_WITHIN_S, ACTIVE_WITHIN_TASKS = 600.0, 2.0
"""A worker that ended no task for longer, and for the time of two of the longest tasks, is not
called active."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The tasks and workers of one topic.

    Attributes:
        topic: What they do: simulate, train or infer.
        ready: Tasks that are to be published.
        dispatched: Tasks that were published and have not come back, those at work included.
        oldest_s: How long ago the oldest of these was published, None if there are none.
        slots: Slots that the campaign fills, as it began with.
        workers: Workers that ended a task within the last ten minutes, or the time of two of the
            longest tasks.
        succeeded: Tasks that succeeded.
        failed: Tasks that failed; cancelled ones are none.
    """

    topic: Topic
    ready: int
    dispatched: int
    oldest_s: float | None
    slots: int
    workers: int
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True)
class Molecule:
    """A result of the leading objective.

    Attributes:
        number: Its place in the order of settling, from 1.
        smiles: The molecule.
        value: Its value.
        own: What the molecules file says of it beside the SMILES, by heading.
    """

    number: int
    smiles: str
    value: Quantity
    own: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Updating:
    """An update of the models that goes on.

    Attributes:
        generation: Its number, from 1.
        trained: Groups of members that are trained.
        trainings: Groups of members that are to be trained.
        scored: Chunks that are scored.
        scorings: Chunks that are ordered to be scored; 0 while none is.
    """

    generation: int
    trained: int
    trainings: int
    scored: int
    scorings: int


@dataclass(frozen=True, slots=True)
class Now:
    """A campaign at one moment.

    Attributes:
        progress: How far it is.
        name: Its name.
        ended: Whether it has ended.
        achieved: What was found for each objective, the leading one first.
        curve: The best value of the leading objective so far, at up to 120 moments.
        topics: Tasks and workers of each topic.
        best_molecules: The best by the leading objective.
        latest_molecules: Those that were found last, the newest one first.
        updating: The update that goes on, None if there is none.
        failures: What failed, the most common kind first.
        changes: Settings that were changed since it began, by their names.
        additions: Labels and molecules that came to it since.
        on_front: How many molecules are on the Pareto front of several objectives; None for a
            single one, and where there are too many molecules to look at them time and again.
        limits: What molecules have to keep to, and how many do; empty without limits.
    """

    progress: Progress
    name: str
    ended: bool
    achieved: Sequence[Achieved]
    curve: Sequence[float]
    topics: Sequence[Waiting]
    best_molecules: Sequence[Molecule]
    latest_molecules: Sequence[Molecule]
    updating: Updating | None
    failures: Sequence[Failure]
    changes: Mapping[str, object]
    additions: Sequence[Addition]
    on_front: int | None = None
    limits: str = ""


def read_now(ledger: Ledger, progress: Progress, name: str, now: float) -> Now:
    """Read what a campaign does now.

    Args:
        ledger: The campaign's.
        progress: How far it is.
        name: Its name.
        now: Seconds of the Unix epoch.
    """
    objective = leading(ledger)
    return Now(
        progress=progress,
        name=name,
        ended=ledger.fact("finished") is not None,
        achieved=list(achieved(ledger)),
        curve=_curve(ledger, objective) if objective else (),
        topics=_topics(ledger, now),
        best_molecules=_best(ledger, objective) if objective else (),
        latest_molecules=_latest(ledger, objective) if objective else (),
        updating=_updating(ledger),
        failures=failures(ledger),
        changes={**noted_changes(ledger), **thresholds_now(ledger)},
        additions=additions(ledger),
        on_front=on_front(ledger, objectives(ledger)),
        limits=read_told(ledger),
    )


def _curve(ledger: Ledger, objective: Objective) -> Sequence[float]:
    found = read_valued(ledger, objective.output)
    best = [value for value in best_so_far(found, objective) if not isnan(value)]
    if len(best) <= CURVE_POINTS:
        return best
    step = (len(best) - 1) / (CURVE_POINTS - 1)
    return [best[round(step * place)] for place in range(CURVE_POINTS)]


def _order(objective: Objective) -> str:
    match objective.goal:
        case "maximise":
            return "value DESC, label.number"
        case "minimise":
            return "value, label.number"
        case "reach":
            return "abs(value - :target), label.number"


def _best(ledger: Ledger, objective: Objective) -> Sequence[Molecule]:
    tables = f"label CROSS JOIN result USING (number) {_OF} {_order(objective)}"
    return _molecules(ledger, objective, tables, breaking(ledger))


def _latest(ledger: Ledger, objective: Objective) -> Sequence[Molecule]:
    return _molecules(
        ledger,
        objective,
        f"result CROSS JOIN label USING (molecule, level) {_OF} result.number DESC",
    )


_OF = (
    "WHERE label.level = :level AND property = :name"
    " AND label.molecule NOT IN (SELECT value FROM json_each(:left_out)) ORDER BY"
)


def _molecules(
    ledger: Ledger, objective: Objective, which: str, left_out: Iterable[int] = ()
) -> Sequence[Molecule]:
    """Read the first molecules of a joined table, which begins with what gives the order."""
    rows = ledger.connection.execute(
        "SELECT label.number, label.molecule, smiles, value"  # noqa: S608 - all ours
        f" FROM {which} LIMIT :count",
        {
            "level": objective.output.level,
            "name": objective.output.name,
            "target": objective.target or 0.0,
            "count": SHOWN,
            "left_out": json.dumps(list(left_out)),
        },
    ).fetchall()
    unit = objective.output.unit
    return [
        Molecule(number, smiles, Quantity(value=value, unit=unit), own_columns.of(ledger, molecule))
        for number, molecule, smiles, value in rows
    ]


def _topics(ledger: Ledger, now: float) -> Sequence[Waiting]:
    rows = ledger.connection.execute(
        "SELECT topic, count(*) FILTER (WHERE state = 'ready') AS ready,"
        " count(*) FILTER (WHERE state = 'dispatched') AS dispatched,"
        " count(*) FILTER (WHERE status = 'ok') AS succeeded,"
        " count(*) FILTER (WHERE status IN ('error', 'timeout', 'poison')) AS failed,"
        " count(DISTINCT worker) FILTER (WHERE settled_at >= :now - max(:s, :tasks * longest_s))"
        " AS workers FROM task JOIN (SELECT topic, coalesce(max(reported_at - started_at), 0) AS"
        " longest_s FROM task GROUP BY topic) USING (topic) GROUP BY topic",
        {"now": now, "s": ACTIVE_WITHIN_S, "tasks": ACTIVE_WITHIN_TASKS},
    )
    known = {row["topic"]: row for row in rows}
    oldest, plan = oldest_dispatched(ledger), ledger.fact("plan")
    slots = plan_from(plan).slots if plan is not None else dict.fromkeys(TOPICS, 0)
    return [
        Waiting(
            topic=topic,
            oldest_s=max(0.0, now - oldest[topic]) if topic in oldest else None,
            slots=slots[topic],
            **{name: known[topic][name] if topic in known else 0 for name in _COUNTED},
        )
        for topic in TOPICS
    ]


_COUNTED = ("ready", "dispatched", "workers", "succeeded", "failed")


def _updating(ledger: Ledger) -> Updating | None:
    row = ledger.connection.execute(
        "SELECT json_extract(command, '$.generation') AS generation,"
        " count(*) FILTER (WHERE topic = 'train' AND status = 'ok'),"
        " count(*) FILTER (WHERE topic = 'train'),"
        " count(*) FILTER (WHERE topic = 'infer' AND status = 'ok'),"
        " count(*) FILTER (WHERE topic = 'infer'),"
        " count(*) FILTER (WHERE state IN ('ready', 'dispatched')) AS open"
        " FROM task WHERE topic IN ('train', 'infer') GROUP BY generation"
        " ORDER BY generation DESC LIMIT 1"
    ).fetchone()
    return Updating(*row[:5]) if row and row["open"] else None
