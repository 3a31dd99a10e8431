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
        rate_per_min: Simulations settled per minute, over the last half of this session of steering
            and at least the last 30; None before there are 10.
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


RATE_FROM = 10
"""Simulations of a session before which chance makes the rate."""

RATE_OVER, RATE_OVER_AT_MOST = 30, 1000
"""The rate is taken over the last half of a session's simulations, within these limits."""


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
    session = ledger.fact("session") or 0.0
    of_session = "FROM task WHERE topic = 'simulate' AND status = 'ok' AND settled_at >= ?"
    (settled,) = ledger.connection.execute(f"SELECT count(*) {of_session}", (session,)).fetchone()
    if settled < RATE_FROM:
        return None
    counted = min(settled, RATE_OVER_AT_MOST, max(RATE_OVER, settled // 2))
    if counted == settled:
        # Loading is over when the first one starts; the clocks of workers may be wrong.
        begun = f"SELECT min(max(started_at, ?), settled_at) {of_session} ORDER BY settled_at"
        row = ledger.connection.execute(f"{begun} LIMIT 1", (session, session)).fetchone()
    else:
        before = f"SELECT settled_at {of_session} ORDER BY settled_at DESC LIMIT 1 OFFSET ?"
        row = ledger.connection.execute(before, (session, counted)).fetchone()
    elapsed_s = now - row[0]
    return counted / elapsed_s * 60.0 if elapsed_s > 0 else None
