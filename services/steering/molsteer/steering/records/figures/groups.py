"""What groups of molecules are worth by one objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from molsteer.shared.wire.properties import Objective, Quantity
from molsteer.steering.records.hits import Valued, count_hits


@dataclass(frozen=True, slots=True)
class Group:
    """Molecules that were chosen in the same way, summed up.

    Attributes:
        count: How many there are.
        hits: How many of them are hits, None if the objective has no threshold.
        best: The best value among those that keep all limits, None if there are none.
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


def group(found: Sequence[Valued], objective: Objective) -> Group:
    """Sum up what an objective says of molecules, in its unit."""
    unit, hits = objective.output.unit, count_hits(objective, found)
    if not found:
        return Group(count=0, hits=hits, best=None, mean=None)
    keeping = [each.value for each in found if each.keeps]
    best = Quantity(value=max(keeping, key=objective.merit), unit=unit) if keeping else None
    mean = sum(each.value for each in found) / len(found)
    return Group(count=len(found), hits=hits, best=best, mean=Quantity(value=mean, unit=unit))
