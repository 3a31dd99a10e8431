"""What one campaign tells those who plan another: how long its tasks took, and what they found."""

from __future__ import annotations

from dataclasses import dataclass

from molsteer.steering.ledger import results
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import leading, outputs
from molsteer.steering.records.hits import count_hits
from molsteer.steering.records.limits import read_valued

_ENOUGH = 10_000
"""Durations of one kind that are read at most, the newest ones."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Figures of a campaign that may go on or have ended.

    Attributes:
        start_s: From its beginning until a worker began its first task.
        simulate_s: How long successful simulations of the first level took.
        train_s: How long trainings took, each after the labels they learned from.
        infer_s: How long scorings of a chunk took.
        chunk_size: Molecules in a chunk.
        failing: Part of the simulations that failed.
        drawn: Values of the leading objective that were not chosen by a model, in its unit, as
            merits: larger is better.
        hits: How many of these pass its threshold, None if it has none.
        errors: Held-out errors of the leading objective, each after its number of labels.
    """

    start_s: float
    simulate_s: tuple[float, ...]
    train_s: tuple[tuple[int, float], ...]
    infer_s: tuple[float, ...]
    chunk_size: int
    failing: float
    drawn: tuple[float, ...]
    hits: int | None
    errors: tuple[tuple[int, float], ...]


def read_evidence(ledger: Ledger) -> Evidence:
    """Read what planning needs; lists are empty where nothing of the kind was done."""
    objective, plan = leading(ledger), ledger.fact("plan")
    drawn, hits = list[float](), None
    if objective is not None:
        found = read_valued(ledger, objective.output, "generation = 0")
        drawn = [objective.merit(each.value) for each in found]
        hits = count_hits(objective, found)
    return Evidence(
        start_s=_start_s(ledger),
        simulate_s=_simulate_s(ledger),
        train_s=_train_s(ledger),
        infer_s=_infer_s(ledger),
        chunk_size=plan["chunk_size"] if isinstance(plan, dict) else 1,
        failing=_failing(ledger),
        drawn=tuple(drawn),
        hits=hits,
        errors=_errors(ledger),
    )


def _start_s(ledger: Ledger) -> float:
    (start_s,) = ledger.connection.execute(
        "SELECT min(started_at) - min(created_at) FROM task"
    ).fetchone()
    return max(float(start_s or 0.0), 0.0)


def _simulate_s(ledger: Ledger) -> tuple[float, ...]:
    rows = ledger.connection.execute(
        "SELECT reported_at - started_at FROM task JOIN result USING (task_id)"
        " WHERE level = (SELECT level FROM result ORDER BY number LIMIT 1)"
        " ORDER BY number DESC LIMIT ?",
        (_ENOUGH,),
    )
    return tuple(float(took_s) for (took_s,) in rows)


def _train_s(ledger: Ledger) -> tuple[tuple[int, float], ...]:
    rows = ledger.connection.execute(
        "SELECT labels, reported_at - started_at FROM task JOIN model USING (task_id)"
        " ORDER BY generation DESC LIMIT ?",
        (_ENOUGH,),
    )
    return tuple((int(labels), float(took_s)) for labels, took_s in rows)


def _infer_s(ledger: Ledger) -> tuple[float, ...]:
    rows = ledger.connection.execute(
        "SELECT reported_at - started_at FROM task WHERE topic = 'infer' AND status = 'ok'"
        " AND json_extract(command, '$.group') IS NULL ORDER BY settled_at DESC LIMIT ?",
        (_ENOUGH,),
    )
    return tuple(float(took_s) for (took_s,) in rows)


def _failing(ledger: Ledger) -> float:
    ended, failed = ledger.connection.execute(
        "SELECT count(*), coalesce(sum(status <> 'ok'), 0) FROM task WHERE topic = 'simulate'"
        " AND status IS NOT NULL AND status <> 'cancelled'"
    ).fetchone()
    return float(failed / ended) if ended else 0.0


def _errors(ledger: Ledger) -> tuple[tuple[int, float], ...]:
    objective, learned = leading(ledger), outputs(ledger)
    if objective is None or objective.output not in learned:
        return ()
    place = learned.index(objective.output)
    newest = ledger.connection.execute("SELECT max(generation) FROM model").fetchone()[0] or 0
    told = [
        (model.labels, model.validation_mae[place])
        for generation in range(1, newest + 1)
        for model in results.models(ledger, generation)
    ]
    return tuple((labels, error) for labels, error in told if error is not None)
