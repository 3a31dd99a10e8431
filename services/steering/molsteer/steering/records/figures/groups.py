"""What groups of molecules are worth by one objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from molsteer.shared.wire.properties import Objective, Quantity


@dataclass(frozen=True, slots=True)
class Group:
    """Molecules that were chosen in the same way, summed up.

    Attributes:
        count: How many there are.
        hits: How many of them are hits, None if the objective has no threshold.
        best: The best value among them, None if there are none.
        mean: The mean of their values, None if there are none.
    """

    count: int
    hits: int | None
    best: Quantity | None
    mean: Quantity | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What models chose beside what was chosen before there were any, by one objective.

    Attributes:
        objective: By which they are compared, at its level.
        start: The molecules that were chosen before there was a model.
        control: The molecules that chance chose since.
        steered: The molecules that a model chose.
    """

    objective: Objective
    start: Group
    control: Group
    steered: Group


def group(values: Sequence[float], objective: Objective) -> Group:
    """Sum up values of an objective, in its unit."""
    unit = objective.output.unit
    hits = None if objective.hit is None else sum(map(objective.is_hit, values))
    if not values:
        return Group(count=0, hits=hits, best=None, mean=None)
    return Group(
        count=len(values),
        hits=hits,
        best=Quantity(value=max(values, key=objective.merit), unit=unit),
        mean=Quantity(value=sum(values) / len(values), unit=unit),
    )
