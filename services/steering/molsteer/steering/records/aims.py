"""What a campaign is after: the facts of its ledger, and words for them."""

from __future__ import annotations

import json
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.properties import Indicator, Limit, Objective, Output
from molsteer.shared.wire.specs import Level
from molsteer.steering.ledger.ledger import Ledger

ModelT = TypeVar("ModelT", bound=Message)


def objectives(ledger: Ledger) -> tuple[Objective, ...]:
    """Give the objectives, the leading one first; none before the first session has begun."""
    return _read(ledger, "objectives", Objective)


def leading(ledger: Ledger) -> Objective | None:
    """Give the objective by which molecules are called the best."""
    return next(iter(objectives(ledger)), None)


def limits(ledger: Ledger) -> tuple[Limit, ...]:
    """Give the limits that molecules have to keep; none before the first session has begun."""
    return _read(ledger, "limits", Limit)


def outputs(ledger: Ledger) -> tuple[Output, ...]:
    """Give what models predict, in the order of their arrays; none before the first session."""
    return _read(ledger, "outputs", Output)


def indicators(ledger: Ledger) -> tuple[Indicator, ...]:
    """Give what tells about other properties, level by level; none before the first session."""
    return _read(ledger, "indicators", Indicator)


def levels(ledger: Ledger) -> tuple[Level, ...]:
    """Give the levels, the first one first; none before the first session has begun."""
    return _read(ledger, "levels", Level)


def bar(objective: Objective) -> str | None:
    """Say what makes a hit, as `above 3 kcal/mol`; None if hits are not spoken of."""
    if objective.hit is None:
        return None
    hit = _short(objective.hit, objective)
    match objective.goal:
        case "maximise":
            return f"above {hit}"
        case "minimise":
            return f"below {hit}"
        case "reach":
            return f"within {hit} of {_short(objective.target or 0.0, objective)}"


def _short(value: float, objective: Objective) -> str:
    return f"{value:g} {objective.output.unit}".rstrip()


def _read(ledger: Ledger, name: str, model: type[ModelT]) -> tuple[ModelT, ...]:
    fact = ledger.fact(name)
    if fact is None:
        return ()
    return _several(model).validate_json(json.dumps(fact))


@cache
def _several(model: type[ModelT]) -> TypeAdapter[tuple[ModelT, ...]]:
    return TypeAdapter(tuple[model, ...])  # type: ignore[valid-type]
