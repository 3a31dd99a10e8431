"""How many simulations have succeeded at each level, and how many are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from molsteer.steering.control.changes import noted_changes
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.codecs.plan_codec import plan_from


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a campaign is at one level.

    Attributes:
        level: Its name.
        done: Successful simulations at it.
        budget: Successful simulations wanted at it.
    """

    level: str
    done: int
    budget: int


def reached(
    ledger: Ledger, budget: int | None = None, done: Sequence[int] | None = None
) -> tuple[Reached, ...]:
    """Tell how far a campaign is, the first level first; nothing before it has a plan.

    Args:
        ledger: The campaign's.
        budget: Successful simulations wanted at the first level; as the ledger says if not given.
        done: Successful simulations at each level; counted in the ledger if not given.
    """
    kept = ledger.fact("plan")
    if kept is None:
        return ()
    plan = plan_from(kept)
    if budget is None:
        budget = int(noted_changes(ledger).get("campaign.budget", plan.budget))
    plan = replace(plan, budget=budget)
    levels = (plan.level, *(rung.level for rung in plan.rungs))
    counts = done or [_done(ledger, level) for level in levels]
    return tuple(map(Reached, levels, counts, plan.budgets))


def simulated(ledger: Ledger) -> int:
    """Count the successful simulations at the first level, which is what the budget counts."""
    return next((level.done for level in reached(ledger)), 0)


def _done(ledger: Ledger, level: str) -> int:
    (done,) = ledger.connection.execute(
        "SELECT count(*) FROM result WHERE level = ?", (level,)
    ).fetchone()
    return int(done)
