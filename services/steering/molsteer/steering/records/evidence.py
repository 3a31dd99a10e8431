"""What one campaign tells those who plan another: how long its tasks took, and what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from molsteer.steering.ledger import results
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import leading, outputs
from molsteer.steering.records.hits import count_hits
from molsteer.steering.records.limits import read_before_models

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
        latency_s: From the end of a simulation until its worker began the next, which waited.
        first_train_s, first_infer_s: How much longer the first task of a worker took, which loads
            what it needs; that one is not among the others.
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
    latency_s: float | None = None
    first_train_s: float = 0.0
    first_infer_s: float = 0.0


def read_evidence(ledger: Ledger) -> Evidence:
    """Read what planning needs; lists are empty where nothing of the kind was done."""
    objective, plan = leading(ledger), ledger.fact("plan")
    drawn, hits = list[float](), None
    if objective is not None:
        found = read_before_models(ledger, objective.output)
        drawn = [objective.merit(each.value) for each in found]
        hits = count_hits(objective, found)
    train_s, first_train_s = _without_first(_train_s(ledger))
    infer_s, first_infer_s = _without_first(_infer_s(ledger))
    return Evidence(
        start_s=_start_s(ledger),
        simulate_s=_simulate_s(ledger),
        train_s=tuple(train_s),
        infer_s=tuple(took_s for _, took_s in infer_s),
        chunk_size=plan["chunk_size"] if isinstance(plan, dict) else 1,
        failing=_failing(ledger),
        drawn=tuple(drawn),
        hits=hits,
        errors=_errors(ledger),
        latency_s=_latency_s(ledger),
        first_train_s=first_train_s,
        first_infer_s=first_infer_s,
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


def _latency_s(ledger: Ledger) -> float | None:
    rows = ledger.connection.execute(
        "SELECT started_at - before FROM (SELECT created_at, started_at, lag(reported_at)"
        " OVER (PARTITION BY worker ORDER BY started_at) AS before FROM task"
        " WHERE topic = 'simulate' AND status = 'ok' AND starts = 1)"
        " WHERE created_at < before AND started_at >= before ORDER BY started_at DESC LIMIT ?",
        (_ENOUGH,),
    )
    gaps_s = [float(gap_s) for (gap_s,) in rows]
    return fmean(gaps_s) if gaps_s else None


_Timed = tuple[int, float, bool]
"""Labels, how long it took, and whether it was the first task of its worker."""


def _train_s(ledger: Ledger) -> Sequence[_Timed]:
    rows = ledger.connection.execute(
        "SELECT labels, reported_at - started_at,"
        " row_number() OVER (PARTITION BY task.worker ORDER BY started_at) = 1"
        " FROM task JOIN model USING (task_id) ORDER BY generation DESC LIMIT ?",
        (_ENOUGH,),
    )
    return [(int(labels), float(took_s), bool(first)) for labels, took_s, first in rows]


def _infer_s(ledger: Ledger) -> Sequence[_Timed]:
    rows = ledger.connection.execute(
        "SELECT reported_at - started_at,"
        " row_number() OVER (PARTITION BY worker ORDER BY started_at) = 1"
        " FROM task WHERE topic = 'infer' AND status = 'ok'"
        " AND json_extract(command, '$.group') IS NULL ORDER BY settled_at DESC LIMIT ?",
        (_ENOUGH,),
    )
    return [(0, float(took_s), bool(first)) for took_s, first in rows]


def _without_first(timed: Sequence[_Timed]) -> tuple[Sequence[tuple[int, float]], float]:
    """Take out the first task of each worker, unless there is no other; gives what it took more."""
    others = [(labels, took_s) for labels, took_s, first in timed if not first]
    firsts = [took_s for _, took_s, first in timed if first]
    if not others or not firsts:
        return [(labels, took_s) for labels, took_s, _ in timed], 0.0
    more_s = fmean(firsts) - fmean(took_s for _, took_s in others)
    return others, max(more_s, 0.0)


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
