"""What a campaign has found, read from its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.agreement import distance_eV


@dataclass(frozen=True, slots=True)
class Found:
    """One labelled molecule.

    Attributes:
        number: Its place in the order of settling, from 1.
        smiles: The molecule.
        adiabatic_eV: Its adiabatic ionization potential.
        vertical_eV: Its vertical ionization potential.
        generation: Number of the models that chose it, 0 before there was one.
        predicted_eV: What they expected, None before there was one.
        own: What the molecules file says of it beside the SMILES, by heading.
    """

    number: int
    smiles: str
    adiabatic_eV: float
    vertical_eV: float
    generation: int
    predicted_eV: float | None
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Molecules that were chosen in the same way, summed up.

    Attributes:
        count: How many there are.
        hits: How many lie above the campaign's limit.
        best_eV: The highest ionization potential among them, None if there are none.
        mean_eV: Their mean ionization potential, None if there are none.
    """

    count: int
    hits: int
    best_eV: float | None
    mean_eV: float | None


@dataclass(frozen=True, slots=True)
class Update:
    """One update of the ensemble.

    Attributes:
        generation: Its number, from 1.
        members: Members that were trained.
        labels: Labels that they learned from.
        validation_mae_eV: Their held-out error, on average.
        device: Where they were trained.
    """

    generation: int
    members: int
    labels: int
    validation_mae_eV: float
    device: str


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
class Failure:
    """One kind of failure.

    Attributes:
        code: Its name.
        count: How many tasks failed in this way.
        message: What the last of them said.
    """

    code: str
    count: int
    message: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What a campaign has found, as reports show it.

    Attributes:
        name: Its name.
        finished: Why it has ended, None while it goes on.
        hit_above_eV: Ionization potential above which a molecule is a hit.
        level: Level of theory of its labels.
        known_labels: Labels it began with, which it did not have to simulate.
        known_labels_apart_eV: How far the median of its first labels lies above that of those it
            began with, None if there are too few of either.
        given_models: Models it began with, which it did not have to train.
        elapsed_s: From its first task to the last one that settled.
        found: All labelled molecules in the order of settling.
        starter: How molecules were chosen before there was a model: random or k-means.
        start: Those molecules.
        steered: The molecules that a model chose.
        updates: The updates of the ensemble, in order.
        tasks: The tasks that ended, by topic and status.
        failures: What failed, the most common kind first; cancelled tasks are none.
        own_headings: Headings of the users' own columns.
    """

    name: str
    finished: str | None
    hit_above_eV: float
    level: str
    known_labels: int
    known_labels_apart_eV: float | None
    given_models: int
    elapsed_s: float
    found: Sequence[Found]
    starter: str
    start: Group
    steered: Group
    updates: Sequence[Update]
    tasks: Sequence[TaskGroup]
    failures: Sequence[Failure]
    own_headings: Sequence[str] = ()

    def best(self, count: int) -> Sequence[Found]:
        """Give the molecules with the highest adiabatic ionization potentials."""
        return sorted(self.found, key=lambda molecule: -molecule.adiabatic_eV)[:count]


def read_findings(ledger: Ledger, name: str, hit_above_eV: float) -> Findings:
    """Read everything a report tells."""
    found = _found(ledger)
    finished = ledger.fact("finished")
    plan, identity = _facts(ledger, "plan"), _facts(ledger, "identity")
    return Findings(
        name=name,
        finished=None if finished is None else str(finished),
        hit_above_eV=hit_above_eV,
        level=identity.get("simulate", {}).get("level", "xtb"),
        known_labels=plan.get("known_labels", 0),
        known_labels_apart_eV=distance_eV(ledger),
        given_models=plan["members"] if plan.get("pretrained") else 0,
        elapsed_s=_elapsed_s(ledger),
        found=found,
        starter=identity.get("policy.starter", "random"),
        start=_group([m for m in found if m.generation == 0], hit_above_eV),
        steered=_group([m for m in found if m.generation > 0], hit_above_eV),
        updates=_updates(ledger),
        tasks=_task_groups(ledger),
        failures=_failures(ledger),
        own_headings=own_columns.headings(ledger),
    )


def _facts(ledger: Ledger, name: str) -> dict[str, Any]:
    facts = ledger.fact(name)
    return facts if isinstance(facts, dict) else {}


def _found(ledger: Ledger) -> list[Found]:
    rows = ledger.connection.execute(
        "SELECT number, smiles, adiabatic_eV, vertical_eV, label.generation, mean_eV, molecule"
        " FROM label LEFT JOIN choice USING (molecule) ORDER BY number"
    )
    own = own_columns.of_all(ledger)
    return [replace(Found(*row[:-1]), own=own.get(row["molecule"], {})) for row in rows]


def _group(molecules: Sequence[Found], hit_above_eV: float) -> Group:
    values_eV = [molecule.adiabatic_eV for molecule in molecules]
    return Group(
        count=len(values_eV),
        hits=sum(value > hit_above_eV for value in values_eV),
        best_eV=max(values_eV, default=None),
        mean_eV=sum(values_eV) / len(values_eV) if values_eV else None,
    )


def _elapsed_s(ledger: Ledger) -> float:
    (elapsed,) = ledger.connection.execute(
        "SELECT max(settled_at) - min(created_at) FROM task"
    ).fetchone()
    return float(elapsed or 0.0)


def _updates(ledger: Ledger) -> list[Update]:
    rows = ledger.connection.execute(
        "SELECT generation, sum(json_array_length(members)), max(labels),"
        " avg(validation_mae_eV), group_concat(DISTINCT device)"
        " FROM model GROUP BY generation ORDER BY generation"
    )
    return [Update(*row) for row in rows]


def _task_groups(ledger: Ledger) -> list[TaskGroup]:
    rows = ledger.connection.execute(
        "SELECT topic, status, count(*), coalesce(sum(cpu_s), 0),"
        " coalesce(avg(started_at - dispatched_at), 0), coalesce(avg(ended_at - started_at), 0)"
        " FROM task WHERE status IS NOT NULL GROUP BY topic, status ORDER BY topic, status"
    )
    return [TaskGroup(*row) for row in rows]


def _failures(ledger: Ledger) -> list[Failure]:
    # With max(), SQLite takes the other columns from the row that has it.
    rows = ledger.connection.execute(
        "SELECT json_extract(error, '$.code') AS code, count(*), json_extract(error, '$.message'),"
        " max(settled_at) FROM task WHERE error IS NOT NULL AND status <> 'cancelled'"
        " GROUP BY code ORDER BY count(*) DESC, code"
    )
    return [Failure(code, count, message) for code, count, message, _ in rows]
