"""Thresholds and limits that were changed since the campaign began, in its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from molsteer.shared.wire.properties import Limit, Objective
from molsteer.steering.ledger.ledger import Ledger

if TYPE_CHECKING:
    from molsteer.steering.settings.thresholds import Moved

OBJECTIVES, LIMITS, THRESHOLDS = "objectives", "limits", "thresholds"


def objectives_of(ledger: Ledger) -> list[Objective]:
    """Give the objectives as they are now, the leading one first."""
    told = ledger.fact(OBJECTIVES)
    return [Objective.model_validate(each) for each in told] if isinstance(told, list) else []


def limits_of(ledger: Ledger) -> list[Limit]:
    """Give the limits as they are now."""
    told = ledger.fact(LIMITS)
    return [Limit.model_validate(each) for each in told] if isinstance(told, list) else []


def thresholds_of(ledger: Ledger) -> dict[str, Moved]:
    """Give the thresholds and limits that were changed, by their names."""
    told = ledger.fact(THRESHOLDS)
    if not isinstance(told, dict):
        return {}
    from molsteer.steering.settings.thresholds import Moved

    return {name: Moved(*each) for name, each in told.items()}


def move(ledger: Ledger, thresholds: Mapping[str, float]) -> None:
    """Change thresholds and limits from now on; inside a transaction."""
    from molsteer.steering.settings.thresholds import Moved, moved_limits, name_of, named

    moved, objectives, limits = thresholds_of(ledger), objectives_of(ledger), limits_of(ledger)
    for name, now in named(objectives, limits).items():
        if (value := thresholds.get(name)) is None:
            continue
        before = moved.get(name)
        kept = before is not None and before.now == now
        moved[name] = Moved(before.instead_of if before and kept else now, value)
    wanted = [
        each.model_copy(update={"hit": thresholds.get(name_of(each), each.hit)})
        for each in objectives
    ]
    limits = moved_limits(objectives, limits, thresholds)
    ledger.set_fact(THRESHOLDS, moved)
    ledger.set_fact(OBJECTIVES, [each.model_dump(mode="json") for each in wanted])
    ledger.set_fact(LIMITS, [each.model_dump(mode="json") for each in limits])


def thresholds_now(ledger: Ledger) -> dict[str, float]:
    """Give those changed thresholds and limits that count, by their names, to be shown."""
    if not (moved := thresholds_of(ledger)):
        return {}
    from molsteer.steering.settings.thresholds import named

    hits = named(objectives_of(ledger), limits_of(ledger))
    return {name: each.now for name, each in moved.items() if hits.get(name) == each.now}
