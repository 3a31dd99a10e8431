"""What a campaign has found, read from its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from molsteer.shared.wire.properties import Indicator, Limit, Objective, Output
from molsteer.shared.wire.specs import Level
from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.additions import Addition, additions, total
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import indicators, levels, limits, objectives, outputs
from molsteer.steering.records.failures import Failure, failures
from molsteer.steering.records.figures.advantage import Advantage
from molsteer.steering.records.figures.beliefs import Belief
from molsteer.steering.records.figures.between_levels import Between, between_levels
from molsteer.steering.records.figures.groups import Comparison, group
from molsteer.steering.records.figures.pareto.front import front
from molsteer.steering.records.figures.pareto.history import FrontAt, fronts
from molsteer.steering.records.figures.reached import Reached, reached
from molsteer.steering.records.figures.recall import Recall
from molsteer.steering.records.found import Found, outputs_of, read_found, values_of
from molsteer.steering.records.hits import Valued
from molsteer.steering.records.judging.against_chance import advantages
from molsteer.steering.records.judging.agreement import Distance, distance
from molsteer.steering.records.judging.truth import read_recall
from molsteer.steering.records.judging.updates import Update, read_beliefs, read_updates
from molsteer.steering.records.limits import told
from molsteer.steering.records.machines import MachineHours, machine_hours, prices
from molsteer.steering.records.moved import SiteTraffic, StoreUse, read_moved, traffic


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """All tasks of one topic that ended in the same way.

    Attributes:
        topic: What they did: simulate, train or infer.
        status: How they ended.
        count: How many there are.
        cpu_s: Processor time they took, all together.
        mean_wait_s: How long they waited for a worker, on average.
        mean_run_s: How long they ran, on average.
    """

    topic: str
    status: str
    count: int
    cpu_s: float
    mean_wait_s: float
    mean_run_s: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What a campaign has found, as reports show it.

    Attributes:
        name: Its name.
        finished: Why it has ended, None while it goes on.
        objectives: What is wanted, the leading objective first.
        limits: What molecules have to keep to; those that do not are no hits and on no front.
        outputs: What models predict.
        levels: The levels of theory, the first one first.
        reached: How many simulations succeeded at each level.
        level_cpu_s: Processor time of the simulations at each level, failed ones included.
        known_labels: Labels it began with, which it did not have to simulate.
        known_labels_apart: How far its first labels lie from those it began with, None if there
            are too few of either.
        given_models: Models it began with, which it did not have to train.
        elapsed_s: From its first task to the last one that settled.
        found: Every molecule at every level, in the order of settling.
        between_levels: How far each level agrees with the one below it, property by property.
        pareto: Numbers in the search space of the molecules that no other one beats by all
            objectives at once, the best by the leading one first; empty for a single objective.
        fronts: How that came about, after each simulation that changed it; likewise.
        starter: How molecules were chosen before there was a model: random or k-means.
        comparisons: What was chosen then beside what models chose, objective by objective.
        against_chance: By how much models choose better than chance, where that can be told.
        updates: The updates of the models, in order.
        beliefs: How far their predictions can be believed, output by output, where that can be
            told.
        tasks: The tasks that ended, by topic and status.
        failures: What failed, the most common kind first; cancelled tasks are none.
        own_headings: Headings of the users' own columns.
        space_size: Molecules that are searched, 0 where that is not known.
        additions: What was added since it began: labels, and molecules of the space.
        recall: How many of the best molecules were found, where a table tells; else None.
        machines: What its workers held, by topic and site, and what that cost.
        currency: What costs are in.
        moved: What moved through the blob stores, by topic, side, site, store and operation.
        traffic: What of that the workers of each site moved, all together.
    """

    name: str
    finished: str | None
    objectives: Sequence[Objective]
    limits: Sequence[Limit]
    outputs: Sequence[Output]
    levels: Sequence[Level]
    reached: Sequence[Reached]
    known_labels: int
    known_labels_apart: Distance | None
    given_models: int
    elapsed_s: float
    found: Sequence[Found]
    between_levels: Sequence[Between]
    pareto: Sequence[int]
    starter: str
    comparisons: Sequence[Comparison]
    against_chance: Sequence[Advantage]
    updates: Sequence[Update]
    beliefs: Sequence[Belief]
    tasks: Sequence[TaskGroup]
    failures: Sequence[Failure]
    own_headings: Sequence[str] = ()
    space_size: int = 0
    additions: Sequence[Addition] = ()
    recall: Recall | None = None
    machines: Sequence[MachineHours] = ()
    currency: str = ""
    moved: Sequence[StoreUse] = ()
    traffic: Sequence[SiteTraffic] = ()
    fronts: Sequence[FrontAt] = ()
    level_cpu_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def leading(self) -> Objective | None:
        """The objective by which molecules are called the best; None before the first session."""
        return next(iter(self.objectives), None)

    def title(self, output: Output) -> str:
        """Head a column of values: with its unit, and its level where there are several."""
        return f"{output.title}, {output.level}" if len(self.levels) > 1 else output.title

    @property
    def told_of_limits(self) -> str:
        """Say which limits there are, and how many molecules keep them; nothing without one."""
        keeping = {each.molecule: each.keeps for each in self.found}
        return told(self.limits, list(keeping.values()))

    def best(self, count: int) -> Sequence[Found]:
        """Give the best molecules by the leading objective that keep all limits.

        Of equals, those found first come first.
        """
        objective = self.leading
        if objective is None:
            return []
        known = [
            (objective.merit(value), each)
            for each in self.found
            if each.keeps and (value := each.value(objective.output)) is not None
        ]
        return [each for _, each in sorted(known, key=lambda pair: -pair[0])[:count]]


def _searched(ledger: Ledger, at_start: int) -> int:
    return at_start and at_start + total(ledger, "molecules")


def read_findings(ledger: Ledger, name: str) -> Findings:
    """Read everything a report tells."""
    wanted, rungs, found = objectives(ledger), levels(ledger), read_found(ledger)
    keeping = [each for each in found if each.keeps]
    finished = ledger.fact("finished")
    plan, identity = _facts(ledger, "plan"), _facts(ledger, "identity")
    return Findings(
        name=name,
        finished=None if finished is None else str(finished),
        objectives=wanted,
        limits=limits(ledger),
        outputs=outputs(ledger),
        levels=rungs,
        reached=reached(ledger),
        known_labels=plan.get("known_labels", 0),
        known_labels_apart=distance(ledger),
        given_models=plan["members"] if plan.get("pretrained") else 0,
        elapsed_s=_elapsed_s(ledger),
        found=found,
        between_levels=_between(found, rungs, indicators(ledger)),
        pareto=_pareto(keeping, wanted),
        fronts=fronts(keeping, wanted),
        starter=identity.get("policy.starter", "random"),
        comparisons=[_compared(found, objective) for objective in wanted],
        against_chance=list(advantages(ledger)),
        updates=read_updates(ledger),
        beliefs=read_beliefs(ledger),
        tasks=_task_groups(ledger),
        failures=failures(ledger),
        own_headings=own_columns.headings(ledger),
        space_size=_searched(ledger, plan.get("space_size", 0)),
        additions=additions(ledger),
        recall=read_recall(ledger),
        machines=machine_hours(ledger),
        currency=prices(ledger).currency,
        moved=read_moved(ledger),
        traffic=traffic(ledger),
        level_cpu_s=_level_cpu_s(ledger),
    )


def _level_cpu_s(ledger: Ledger) -> Mapping[str, float]:
    rows = ledger.connection.execute(
        "SELECT json_extract(command, '$.level'), coalesce(sum(cpu_s), 0) FROM task"
        " WHERE topic = 'simulate' GROUP BY 1"
    )
    return dict(rows.fetchall())


def _facts(ledger: Ledger, name: str) -> dict[str, Any]:
    facts = ledger.fact(name)
    return facts if isinstance(facts, dict) else {}


def _compared(found: Sequence[Found], objective: Objective) -> Comparison:
    start, control, steered = list[Valued](), list[Valued](), list[Valued]()
    for each in found:
        if (known := each.valued(objective.output)) is not None:
            before = control if each.by_chance else start
            (steered if each.generation else before).append(known)
    return Comparison(objective, *(group(each, objective) for each in (start, control, steered)))


def _between(
    found: Sequence[Found], levels: Sequence[Level], indicators: Sequence[Indicator]
) -> Sequence[Between]:
    if len(levels) < 2:
        return ()
    known = ((output, values_of(found, output)) for output in outputs_of(found))
    return list(between_levels([level.name for level in levels], known, indicators))


def _pareto(found: Sequence[Found], objectives: Sequence[Objective]) -> Sequence[int]:
    if len(objectives) < 2:
        return ()
    merits = [
        {molecule: objective.merit(value) for molecule, value in known.items()}
        for objective in objectives
        for known in [values_of(found, objective.output)]
    ]
    molecules = [molecule for molecule in merits[0] if all(molecule in known for known in merits)]
    places = front([[known[molecule] for known in merits] for molecule in molecules])
    return [molecules[place] for place in places]


def _elapsed_s(ledger: Ledger) -> float:
    (elapsed,) = ledger.connection.execute(
        "SELECT max(settled_at) - min(created_at) FROM task"
    ).fetchone()
    return float(elapsed or 0.0)


def _task_groups(ledger: Ledger) -> list[TaskGroup]:
    rows = ledger.connection.execute(
        "SELECT topic, status, count(*), coalesce(sum(cpu_s), 0),"
        " coalesce(avg(started_at - dispatched_at), 0), coalesce(avg(ended_at - started_at), 0)"
        " FROM task WHERE status IS NOT NULL GROUP BY topic, status ORDER BY topic, status"
    )
    return [TaskGroup(*row) for row in rows]
