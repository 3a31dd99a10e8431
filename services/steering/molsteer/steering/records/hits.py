"""What a hit is: a labelled molecule that passes the threshold and keeps all limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from molsteer.shared.wire.properties import Objective


class Valued(NamedTuple):
    """A labelled molecule, as an objective sees it.

    Attributes:
        value: Its value, in the unit of the objective.
        keeps: Whether it keeps all limits of the campaign.
    """

    value: float
    keeps: bool = True


def is_hit(objective: Objective, found: Valued) -> bool:
    """Tell whether a labelled molecule is a hit; none is without a threshold."""
    return found.keeps and objective.is_hit(found.value)


def count_hits(objective: Objective, found: Iterable[Valued]) -> int | None:
    """Count the hits; None without a threshold."""
    if objective.hit is None:
        return None
    return sum(is_hit(objective, each) for each in found)
