"""Which machines a campaign held, for how long, and what that cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.settings.costs import CostsSection

_HOUR_S = 3600.0

UNNAMED = "unnamed"
"""The site of workers that were given none, such as those of the campaign's own machine."""


class Held(NamedTuple):
    """Seconds of cores and of GPUs."""

    core_s: float = 0.0
    gpu_s: float = 0.0


HeldBy = Mapping[tuple[Topic, str], Held]
"""What was held, by topic and site."""


@dataclass(frozen=True, slots=True)
class MachineHours:
    """What the workers of one topic at one site held, at work or not.

    Attributes:
        topic: What they do: simulate, train or infer.
        site: The site that started them, `unnamed` where none did.
        core_hours: Hours of cores.
        gpu_hours: Hours of GPUs.
        cost: What that cost, None without a price.
    """

    topic: Topic
    site: str
    core_hours: float
    gpu_hours: float
    cost: float | None


_Rows = TypeAdapter(list[tuple[Topic, str, float, float]])


def read_held(ledger: Ledger) -> dict[tuple[Topic, str], Held]:
    """Read what was held so far."""
    try:
        rows = _Rows.validate_python(ledger.fact("machines") or [])
    except ValidationError:
        return {}
    return {(topic, site): Held(core_s, gpu_s) for topic, site, core_s, gpu_s in rows}


def as_fact(held: HeldBy) -> list[tuple[str, str, float, float]]:
    """Write what was held as the ledger keeps it."""
    return [(topic, site, each.core_s, each.gpu_s) for (topic, site), each in held.items()]


def prices(ledger: Ledger) -> CostsSection:
    """Read what an hour costs."""
    try:
        return CostsSection.model_validate(ledger.fact("costs") or {})
    except ValidationError:
        return CostsSection()


def cost_of(held: Held, costs: CostsSection) -> float | None:
    """Give the price of what was held, None without a price."""
    if costs.per_core_hour is None and costs.per_gpu_hour is None:
        return None
    cores = held.core_s * (costs.per_core_hour or 0.0)
    return (cores + held.gpu_s * (costs.per_gpu_hour or 0.0)) / _HOUR_S


def machine_hours(ledger: Ledger) -> Sequence[MachineHours]:
    """Read what each topic held at each site, and what it cost."""
    costs = prices(ledger)
    return [
        MachineHours(topic, site, held.core_s / _HOUR_S, held.gpu_s / _HOUR_S, cost_of(held, costs))
        for (topic, site), held in sorted(read_held(ledger).items())
    ]
