"""What goes wrong when, and in which campaign: pure functions of the seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "worker-group-killed",
    "worker-main-killed",
    "worker-child-killed",
    "worker-terminated",
    "worker-stopped",
    "worker-clock-jumped",
    "redis-killed",
    "redis-emptied",
    "redis-truncated",
    "redis-full",
    "connections-killed",
    "network-reset",
    "network-silent",
    "steering-killed",
    "steering-stopped",
    "steering-clock-jumped",
]

Inference = Literal["ensemble", "model"]

KINDS: tuple[Kind, ...] = get_args(Kind)

PAUSE_S = (0.2, 3.0)
"""Shortest and longest time between two faults."""

_LASTS_S: dict[Kind, tuple[float, float]] = {
    "worker-stopped": (0.5, 6.0),
    "redis-killed": (0.1, 5.0),
    "redis-emptied": (0.1, 2.0),
    "redis-truncated": (0.1, 2.0),
    "redis-full": (0.5, 4.0),
    "network-silent": (1.0, 5.0),
    "steering-stopped": (0.5, 4.0),
}
"""How long faults last, shortest and longest; the others are over at once."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault to inject.

    Attributes:
        at_s: When, counted from the beginning.
        kind: What.
        lasts_s: After which time it is undone.
        dice: Chooses the victim, or how bad it is; at least 0 and less than 1.
    """

    at_s: float
    kind: Kind
    lasts_s: float
    dice: float


def schedule(seed: int, duration_s: float) -> tuple[Strike, ...]:
    """Draw the faults of one run, every kind as often as any other."""
    return tuple(_strikes(random.Random(seed), duration_s))


def inference(seed: int) -> Inference:
    """Choose `policy.inference`, so that two seeds in a row have one of each."""
    return "model" if seed % 2 else "ensemble"


def _strikes(chance: random.Random, duration_s: float) -> Iterator[Strike]:
    at_s, deck = chance.uniform(*PAUSE_S), list[Kind]()
    while at_s < duration_s:
        deck = deck or chance.sample(KINDS, len(KINDS))
        kind = deck.pop()
        lasts_s = chance.uniform(*_LASTS_S.get(kind, (0.0, 0.0)))
        yield Strike(at_s, kind, lasts_s, chance.random())
        at_s += chance.uniform(*PAUSE_S)
