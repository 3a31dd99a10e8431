"""How much better the molecules are that models chose than those drawn at random.

Every view that speaks of chance asks here, so that all of them mean the same random picks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from molsteer.shared.wire.properties import Objective, Quantity
from molsteer.steering.records.found import Found

SURE = 0.95
"""How sure every interval is."""

_DRAWS, _PRIOR = 20_000, 0.5


@dataclass(frozen=True, slots=True)
class Advantage:
    """What models chose beside what chance found, by one objective.

    Attributes:
        objective: By which they are compared.
        chosen: Molecules that models chose.
        chosen_hits: Hits among them, None if the objective has no threshold.
        drawn: Molecules that were drawn at random.
        drawn_hits: Hits among these, likewise.
        times: How many times more often a chosen molecule is a hit; None without a threshold, and
            where chance found none.
        times_low: With `SURE` confidence it is at least that; None without a threshold, or without
            molecules of both kinds.
        times_high: And at most that; None as well where chance found none.
        gain: How much better the chosen ones are on average, None without molecules of both kinds.
        gain_low: With `SURE` confidence it is at least that, None with fewer than two of a kind.
        gain_high: And at most that, likewise.
    """

    objective: Objective
    chosen: int
    chosen_hits: int | None
    drawn: int
    drawn_hits: int | None
    times: float | None
    times_low: float | None
    times_high: float | None
    gain: Quantity | None
    gain_low: float | None
    gain_high: float | None


def random_picks(found: Iterable[Found]) -> list[Found]:
    """Give the molecules that no model chose: those of the start."""
    return [each for each in found if not each.generation]


def model_picks(found: Iterable[Found]) -> list[Found]:
    """Give the molecules that models chose."""
    return [each for each in found if each.generation]


def advantage(found: Sequence[Found], objective: Objective) -> Advantage:
    """Compare what models chose with what was drawn at random in one campaign."""
    chosen, drawn = (
        [value for each in group if (value := each.value(objective.output)) is not None]
        for group in (model_picks(found), random_picks(found))
    )
    return advantage_of(objective, chosen, drawn)


def advantage_of(
    objective: Objective, chosen: Sequence[float], drawn: Sequence[float]
) -> Advantage:
    """Compare values of chosen molecules with values of random ones.

    The interval of the ratio is that of two shares, each with Jeffreys' prior; that of the
    difference of means is Welch's, with the quantile of the normal distribution.
    """
    hits = [sum(map(objective.is_hit, values)) for values in (chosen, drawn)]
    counted = objective.hit is not None
    times, times_low, times_high = (
        _ratio(hits[0], len(chosen), hits[1], len(drawn))
        if counted and chosen and drawn
        else (None, None, None)
    )
    gain, gain_low, gain_high = _gain(
        objective.merit(np.array(chosen)), objective.merit(np.array(drawn))
    )
    return Advantage(
        objective,
        len(chosen),
        hits[0] if counted else None,
        len(drawn),
        hits[1] if counted else None,
        times,
        times_low,
        times_high,
        None if gain is None else Quantity(value=gain, unit=objective.output.unit),
        gain_low,
        gain_high,
    )


def shares(hits: int, draws: int, rng: np.random.Generator, count: int = _DRAWS) -> np.ndarray:
    """Draw shares of hits that the space may have, after so many hits in so many random picks."""
    return rng.beta(hits + _PRIOR, draws - hits + _PRIOR, count)


def _ratio(
    hits: int, chosen: int, by_chance: int, drawn: int
) -> tuple[float | None, float | None, float | None]:
    rng = np.random.default_rng(0)  # the same ledger gives the same report
    ratios = shares(hits, chosen, rng) / shares(by_chance, drawn, rng)
    if not by_chance:
        return None, float(np.quantile(ratios, 1.0 - SURE)), None
    low, high = np.quantile(ratios, ((1.0 - SURE) / 2, (1.0 + SURE) / 2)).tolist()
    return (hits / chosen) / (by_chance / drawn), low, high


def _gain(chosen: np.ndarray, drawn: np.ndarray) -> tuple[float | None, float | None, float | None]:
    if not (chosen.size and drawn.size):
        return None, None, None
    gain = float(chosen.mean() - drawn.mean())
    if min(chosen.size, drawn.size) < 2:
        return gain, None, None
    error = 1.96 * float(np.sqrt(chosen.var(ddof=1) / chosen.size + drawn.var(ddof=1) / drawn.size))
    return gain, gain - error, gain + error
