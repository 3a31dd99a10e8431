"""By how much models choose better than chance, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt
from statistics import NormalDist, median

from molsteer.shared.wire.properties import Objective, Quantity, written
from molsteer.shared.wording import counted
from molsteer.steering.records.hits import Valued, count_hits

SURE = 0.95
"""How often such an interval holds the truth."""

_WIDEST, _ROUNDING = 30.0, 1e-12
"""A logarithm of ratios beyond which nothing is looked for, and the error of a share."""

_QUANTILE = NormalDist().inv_cdf((1 + SURE) / 2) ** 2


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as often one group has hits as another.

    Attributes:
        value: The ratio of the shares that were found, None where the other group has no hit.
        lowest, highest: Ends of the interval that holds the true one, with `SURE` probability;
            None where it has no upper end.
    """

    value: float | None
    lowest: float
    highest: float | None


@dataclass(frozen=True, slots=True)
class Advantage:
    """What models chose beside what chance chose, by one objective.

    Attributes:
        objective: By which they are compared, at its level.
        chosen: Molecules that models chose.
        drawn: Molecules that chance chose, at the start and as a control.
        chosen_hits, drawn_hits: How many of them are hits, None without a threshold.
        times_better: How many times as often a choice is a hit, None without a threshold.
        median_ahead: By how much the median of the chosen ones is better than that of the drawn
            ones, larger is better whatever the goal.
    """

    objective: Objective
    chosen: int
    drawn: int
    chosen_hits: int | None
    drawn_hits: int | None
    times_better: Ratio | None
    median_ahead: Quantity


@dataclass(frozen=True, slots=True)
class Picks:
    """What was chosen in one way, summed up.

    Attributes:
        count: How many molecules, one at least.
        hits: How many of them are hits; 0 without a threshold.
        merit: The median of how good they are, larger is better whatever the goal.
    """

    count: int
    hits: int
    merit: float


def advantage(
    chosen: Sequence[Valued], drawn: Sequence[Valued], objective: Objective
) -> Advantage | None:
    """Compare molecules that models and that chance chose; None if either chose none."""
    if not chosen or not drawn:
        return None
    return compared(picks(chosen, objective), picks(drawn, objective), objective)


def picks(found: Sequence[Valued], objective: Objective) -> Picks:
    """Sum up molecules, of which there is one at least."""
    merit = median(objective.merit(each.value) for each in found)
    return Picks(len(found), count_hits(objective, found) or 0, merit)


def compared(chosen: Picks, drawn: Picks, objective: Objective) -> Advantage:
    """Compare what models chose with what chance chose."""
    ahead = Quantity(value=chosen.merit - drawn.merit, unit=objective.output.unit)
    if objective.hit is None:
        return Advantage(objective, chosen.count, drawn.count, None, None, None, ahead)
    ratio = ratio_of_shares(chosen.hits, chosen.count, drawn.hits, drawn.count)
    return Advantage(
        objective=objective,
        chosen=chosen.count,
        drawn=drawn.count,
        chosen_hits=chosen.hits,
        drawn_hits=drawn.hits,
        times_better=ratio,
        median_ahead=ahead,
    )


def told(found: Advantage) -> str:
    """Say in a sentence how much better than chance the models choose."""
    if found.times_better is None:
        ahead = found.median_ahead
        how = "better" if ahead.value >= 0 else "worse"
        apart = written(abs(ahead.value), ahead.unit)
        return (
            f"The median of the {counted(found.chosen, 'molecule')} that models chose is {apart} "
            f"{how} than that of the {found.drawn} that chance chose."
        )
    groups = (
        f"{found.chosen_hits} hits among {found.chosen} chosen, {found.drawn_hits} among "
        f"{found.drawn} drawn"
    )
    if not found.chosen_hits and not found.drawn_hits:
        return f"Whether models choose better than chance cannot be told: {groups}."
    return f"Models choose hits {in_short(found.times_better)} as often as chance: {groups}."


def in_short(ratio: Ratio) -> str:
    """Write how many times, and between which bounds that is sure."""
    if ratio.value is None:
        return f"at least {ratio.lowest:.2g} times (95 % sure)"
    highest = f"{ratio.highest:.2g}" if ratio.highest is not None else "any number"
    return f"{ratio.value:.2g} times (95 % sure: {ratio.lowest:.2g} to {highest})"


def ratio_of_shares(hits: int, count: int, other_hits: int, other_count: int) -> Ratio:
    """Divide a share of hits by another one, and tell how sure the ratio is.

    The interval holds each ratio that a score test does not refuse, also where there are few hits
    or none.

    Args:
        hits: Of the first group.
        count: How many are in it, at least 1.
        other_hits: Of the second group.
        other_count: How many are in it, at least 1.

    Source:
        Koopman, Biometrics 1984, 40, 513 (10.2307/2531405).
    """
    if not hits and not other_hits:
        return Ratio(None, 0.0, None)

    def fits(logarithm: float) -> bool:
        distance = _distance(exp(logarithm), hits, count, other_hits, other_count)
        return distance <= _QUANTILE

    value = (hits / count) / (other_hits / other_count) if other_hits else None
    middle = log(value) if value else -_WIDEST if other_hits else _WIDEST
    lowest = exp(_edge(fits, middle, -2 * _WIDEST)) if hits else 0.0
    highest = exp(_edge(fits, middle, 2 * _WIDEST)) if other_hits else None
    return Ratio(value, lowest, highest)


def _distance(ratio: float, hits: int, count: int, other_hits: int, other_count: int) -> float:
    """Tell how far the hits lie from the likeliest shares of such a ratio, as a chi-square."""
    a = (count + other_count) * ratio
    b = count * ratio + hits + other_count + other_hits * ratio
    c = hits + other_hits
    share = 2 * c / (b + sqrt(max(b * b - 4 * a * c, 0.0)))
    distance = 0.0
    for found, of, likely in ((hits, count, share * ratio), (other_hits, other_count, share)):
        off, variance = found - of * likely, of * likely * (1 - likely)
        if abs(off) > _ROUNDING * of:
            distance += off * off / variance if variance > 0 else inf
    return distance


def _edge(fits: Callable[[float], bool], inside: float, outside: float) -> float:
    """Find where it stops to fit between a number that does and one that does not, by halving."""
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if fits(middle) else (inside, middle)
    return inside
