"""Limits that molecules have to keep, as objectives state them, and what cannot be meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from molsteer.shared.wire.properties import Limit, Objective, Output, written

LIMITS = {"limit_above": "above", "limit_below": "below"}
"""Settings of an objective, and the end of a limit that each is."""


def limit_of(limits: Iterable[Limit], output: Output) -> Limit:
    """Give the limit of an output, one without ends where there is none."""
    return next((each for each in limits if each.output == output), Limit(output=output))


def contradiction(limit: Limit, objectives: Iterable[Objective]) -> str | None:
    """Say why no molecule can keep a limit and be what is wanted, None if one can.

    Args:
        limit: Of an output.
        objectives: What is wanted; those of the same output count.
    """
    return next(_contradictions(limit, objectives), None)


def _contradictions(limit: Limit, objectives: Iterable[Objective]) -> Iterator[str]:
    lowest, highest = limit.ends
    if lowest >= highest:
        yield f"no value lies {told(limit)}; change one of the limits"
        return
    for objective in objectives:
        if objective.output != limit.output:
            continue
        unit, target = limit.output.unit, objective.target
        if target is not None and not limit.keeps(target):
            yield f"the target is {written(target, unit)}, and has to lie {told(limit)}"
        if objective.hit is None:
            continue
        least, most = objective.hit_range
        if max(least, lowest) >= min(most, highest):
            sides = [written(end, unit) for end in (least, most) if abs(end) < float("inf")]
            yield (
                f"nothing could be a hit, which begins at {' and '.join(sides)}, and lie "
                f"{told(limit)}"
            )


def told(limit: Limit) -> str:
    """Say between what values have to lie, as `above 3 eV and below 5 eV`."""
    ends = (("above", limit.above), ("below", limit.below))
    unit = limit.output.unit
    return " and ".join(
        f"{side} {f'{value:g} {unit}'.rstrip()}" for side, value in ends if value is not None
    )
