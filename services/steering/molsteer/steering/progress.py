"""What a person following a campaign wants to know, at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a campaign in a few numbers.

    Attributes:
        done: Successful simulations.
        budget: Successful simulations wanted.
        activity: What the models are doing, in words.
        in_flight: Simulations published and not settled.
        given_up: Molecules whose simulation failed for good.
        hits: Molecules above the campaign's limit.
        best_eV: Highest adiabatic ionization potential so far, None before the first.
        best_smiles: Its molecule.
        best_own: What the molecules file says of it beside the SMILES, by heading.
        generation: Number of the newest update that trained a model, 0 before the first.
        validation_mae_eV: Held-out error of its models, None before the first.
        rate_per_min: Simulations settled per minute lately, None before there are enough in this
            session of steering, or when nothing runs.
        left_s: Estimated time to the end, None before there is a rate.
    """

    done: int
    budget: int
    activity: str
    in_flight: int
    given_up: int
    hits: int
    best_eV: float | None
    best_smiles: str | None
    best_own: Mapping[str, str]
    generation: int
    validation_mae_eV: float | None
    rate_per_min: float | None
    left_s: float | None


RATE_OVER = 30
"""How many of the last simulations the rate is taken over."""


def measure(
    ledger: Ledger, *, budget: int, hit_above_eV: float, activity: str, now: float
) -> Progress:
    """Read a campaign's progress from its ledger."""
    one = ledger.connection.execute
    (done,) = one("SELECT count(*) FROM label").fetchone()
    (hits,) = one("SELECT count(*) FROM label WHERE adiabatic_eV > ?", (hit_above_eV,)).fetchone()
    (in_flight,) = one(
        "SELECT count(*) FROM task WHERE topic = 'simulate' AND state = 'dispatched'"
    ).fetchone()
    (given_up,) = one(
        "SELECT count(DISTINCT json_extract(command, '$.molecule')) FROM task"
        " WHERE topic = 'simulate' AND status IN ('error', 'timeout', 'poison', 'cancelled')"
        " AND state = 'settled'"
        " AND json_extract(command, '$.molecule') NOT IN (SELECT molecule FROM label)"
    ).fetchone()
    best = one(
        "SELECT adiabatic_eV, smiles, molecule FROM label ORDER BY 1 DESC LIMIT 1"
    ).fetchone()
    model = one(
        "SELECT generation, avg(validation_mae_eV) FROM model"
        " GROUP BY generation ORDER BY generation DESC LIMIT 1"
    ).fetchone()
    rate = _rate_per_min(ledger, now)
    return Progress(
        done=done,
        budget=budget,
        activity=activity,
        in_flight=in_flight,
        given_up=given_up,
        hits=hits,
        best_eV=best[0] if best else None,
        best_smiles=best[1] if best else None,
        best_own=own_columns.of(ledger, best[2]) if best else {},
        generation=model[0] if model else 0,
        validation_mae_eV=model[1] if model else None,
        rate_per_min=rate,
        left_s=(budget - done) / rate * 60.0 if rate else None,
    )


def _rate_per_min(ledger: Ledger, now: float) -> float | None:
    times = ledger.connection.execute(
        "SELECT settled_at FROM task WHERE topic = 'simulate' AND status = 'ok'"
        " AND settled_at >= ? ORDER BY settled_at DESC LIMIT ?",
        (ledger.fact("session") or 0.0, RATE_OVER),
    ).fetchall()
    if len(times) < 2:
        return None
    elapsed_s = now - times[-1][0]
    return (len(times) - 1) / elapsed_s * 60.0 if elapsed_s > 0 else None
