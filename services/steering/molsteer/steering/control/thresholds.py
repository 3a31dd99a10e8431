"""Thresholds that were changed since the campaign began, in its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from molsteer.shared.wire.properties import Objective
from molsteer.steering.ledger.ledger import Ledger

if TYPE_CHECKING:
    from molsteer.steering.settings.thresholds import Moved

OBJECTIVES, THRESHOLDS = "objectives", "thresholds"


def objectives_of(ledger: Ledger) -> list[Objective]:
    """Give the objectives as they are now, the leading one first."""
    told = ledger.fact(OBJECTIVES)
    return [Objective.model_validate(each) for each in told] if isinstance(told, list) else []


def thresholds_of(ledger: Ledger) -> dict[str, Moved]:
    """Give the thresholds that were changed, by their names."""
    told = ledger.fact(THRESHOLDS)
    if not isinstance(told, dict):
        return {}
    from molsteer.steering.settings.thresholds import Moved

    return {name: Moved(*each) for name, each in told.items()}


def move(ledger: Ledger, thresholds: Mapping[str, float]) -> None:
    """Change thresholds from now on; inside a transaction."""
    from molsteer.steering.settings.thresholds import Moved, name_of

    moved, objectives = thresholds_of(ledger), objectives_of(ledger)
    for place, objective in enumerate(objectives):
        if (value := thresholds.get(name := name_of(objective))) is None:
            continue
        before = moved.get(name)
        kept = before is not None and before.now == objective.hit
        moved[name] = Moved(before.instead_of if before and kept else objective.hit, value)
        objectives[place] = objective.model_copy(update={"hit": value})
    ledger.set_fact(THRESHOLDS, moved)
    ledger.set_fact(OBJECTIVES, [each.model_dump(mode="json") for each in objectives])


def thresholds_now(ledger: Ledger) -> dict[str, float]:
    """Give those changed thresholds that count, by their names, to be shown."""
    if not (moved := thresholds_of(ledger)):
        return {}
    from molsteer.steering.settings.thresholds import name_of

    hits = {name_of(objective): objective.hit for objective in objectives_of(ledger)}
    return {name: each.now for name, each in moved.items() if hits.get(name) == each.now}
