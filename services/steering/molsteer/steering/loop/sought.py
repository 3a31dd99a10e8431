"""What molecules are scored by, alike for all chunks of an update."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from molsteer.shared.wire.learning import Cost
from molsteer.shared.wire.properties import Aim, Limit, Output
from molsteer.shared.wire.specs import OF_GAINS
from molsteer.steering.ledger import known_labels, results
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.costs import cost_as_of
from molsteer.steering.loop.merits import Front, aims_as_of, front_as_of, limits_as_of, worst_as_of
from molsteer.steering.settings.campaign import CampaignSettings


class Sought(NamedTuple):
    """What molecules are scored by.

    Attributes:
        aims: Objectives in scales.
        front: What there is to improve on.
        worst: Lowest merit of each aim.
        limits: What has to be kept, as far as models can tell.
        cost: What simulations are likely to cost, None where that does not count.
    """

    aims: tuple[Aim, ...]
    front: Front
    worst: tuple[float, ...]
    limits: tuple[Limit, ...]
    cost: Cost | None


def sought_by(ledger: Ledger, settings: CampaignSettings, generation: int) -> Sought:
    """Tell what an update scores by, from the labels that its models learned from.

    Args:
        ledger: The campaign's.
        settings: Likewise.
        generation: Number of the update.
    """
    models = results.models(ledger, generation)
    known, new = known_labels.lesson(ledger, models[0].labels if models else 0)
    aims = aims_as_of(ledger, settings.objectives, new, known)
    cost = None
    if settings.policy.cost_aware and settings.policy.acquisition in OF_GAINS:
        cost = cost_as_of(ledger, settings.levels[0].name, new)
    return Sought(
        aims=aims,
        front=front_as_of(ledger, aims, new, known, settings.limits),
        worst=worst_as_of(ledger, aims, new, known),
        limits=limits_as_of(ledger, settings.limits, new, known),
        cost=cost,
    )


def wanted_at(level: str, outputs: Iterable[Output]) -> dict[str, str]:
    """Name the properties that simulations of a level are asked for, and their units."""
    return {output.name: output.unit for output in outputs if output.level == level}
