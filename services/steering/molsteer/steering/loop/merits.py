"""How good a molecule is by what was computed of it, and what that is measured in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.properties import Aim, Indicator, Limit, Objective, Output, total_merit
from molsteer.steering.ledger import known_labels, results
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.reference import reference
from molsteer.steering.records.figures.pareto.front import front
from molsteer.steering.records.limits import breaking

Floats = npt.NDArray[np.float64]

Front = tuple[tuple[float, ...], ...]
"""Merits of molecules by several aims, molecule by molecule."""

MOST = 100
"""Molecules of a front that travel with each chunk."""


def aims_as_of(
    ledger: Ledger, objectives: Sequence[Objective], count: int, known: int | None = None
) -> tuple[Aim, ...]:
    """Give the objectives with their scales: the spread of what the first results tell.

    A single objective has the scale 1, so that scores stay in its unit.

    Args:
        ledger: The campaign's.
        objectives: What is wanted.
        count: Which results count, beside the known labels: the first so many.
        known: Which known labels count: the first so many, or all.
    """
    if len(objectives) == 1:
        return (Aim(objective=objectives[0]),)
    outputs = [objective.output for objective in objectives]
    scales = results.scales(ledger, outputs, count, known)
    return tuple(
        Aim(objective=objective, scale=scale)
        for objective, scale in zip(objectives, scales, strict=True)
    )


def front_as_of(
    ledger: Ledger,
    aims: Sequence[Aim],
    count: int,
    known: int | None = None,
    limits: Sequence[Limit] = (),
) -> Front:
    """Give the merits of the molecules that no other one beats by all aims at once.

    Molecules count of which there is a label for each aim, and that keep all limits. Of a front of
    more than `MOST`, those with the best sums are given.

    Args:
        ledger: The campaign's.
        aims: What is wanted, in which scales.
        count: Which results count, beside the known labels: the first so many.
        known: Which known labels count: the first so many, or all.
        limits: What molecules have to keep to.

    Returns:
        Merits of each molecule in the scales of the aims, the best sum first.
    """
    merits = _merits(ledger, aims, count, known)
    if limits:
        merits = merits[_keeping(ledger, limits, count, known)]
    merits = merits[~np.isnan(merits).any(axis=1)]
    if len(aims) == 1:  # as `front` would, of any number of labels
        merits = merits[np.argsort(-merits[:, 0], kind="stable")[:1]]
    merits = merits[front(merits.tolist())]
    best_first = np.argsort(-merits.sum(axis=1), kind="stable")[:MOST]
    return tuple(map(tuple, merits[best_first].tolist()))


def worst_as_of(
    ledger: Ledger, aims: Sequence[Aim], count: int, known: int | None = None
) -> tuple[float, ...]:
    """Give the lowest merit by each aim among all labels, in its scale; none if an aim has none."""
    merits = _merits(ledger, aims, count, known).T
    told = [row[~np.isnan(row)] for row in merits]
    return tuple(float(row.min()) for row in told) if all(map(len, told)) else ()


def limits_as_of(
    ledger: Ledger, limits: Sequence[Limit], count: int, known: int | None = None
) -> tuple[Limit, ...]:
    """Give the limits of which models can tell something: those whose property has a label."""
    labels = _labels(ledger, [limit.output for limit in limits], count, known)
    pairs = zip(limits, labels, strict=True)
    return tuple(limit for limit, row in pairs if not np.isnan(row).all())


def breaks(limits: Sequence[Limit], level: str, values: Mapping[str, float]) -> bool:
    """Tell whether values of a level break a limit at it."""
    at_level = [limit for limit in limits if limit.output.level == level]
    return any(
        limit.output.name in values and not limit.keeps(values[limit.output.name])
        for limit in at_level
    )


def _merits(ledger: Ledger, aims: Sequence[Aim], count: int, known: int | None) -> Floats:
    labels = _labels(ledger, [aim.objective.output for aim in aims], count, known)
    pairs = zip(aims, labels, strict=True)
    return np.array([aim.objective.merit(row) / aim.scale for aim, row in pairs]).T


def _labels(ledger: Ledger, outputs: Sequence[Output], count: int, known: int | None) -> Floats:
    given = known_labels.labelled(ledger, outputs, known)[1]
    return np.hstack([given, results.first_labels(ledger, count, outputs)[1]])


def _keeping(
    ledger: Ledger, limits: Sequence[Limit], count: int, known: int | None
) -> npt.NDArray[np.bool_]:
    """Tell of each molecule whether it keeps all limits: by its labels, else by predictions."""
    outputs = [limit.output for limit in limits]
    given = known_labels.labelled(ledger, outputs, known)[1]
    molecules, found = results.first_labels(ledger, count, outputs)
    broken = breaking(ledger)
    foreseen = [False] * given.shape[1] + [
        molecule not in broken for molecule in molecules.tolist()
    ]
    keeps = np.ones(len(foreseen), dtype=np.bool_)
    for limit, row in zip(limits, np.hstack([given, found]), strict=True):
        lowest, highest = limit.ends
        keeps &= np.where(np.isnan(row), foreseen, (lowest < row) & (row < highest))
    return keeps


def merit_of(
    ledger: Ledger,
    objectives: Sequence[Objective],
    level: str,
    values: Mapping[str, float],
    indicators: Iterable[Indicator] = (),
) -> float | None:
    """Tell how good a molecule is, larger is better, comparable among the molecules of a level.

    Where one objective tells, it is that one's merit in its unit. Where several do, each counts in
    standard deviations of the first results of the level, from their mean. These stay the same, so
    that a merit does not depend on when it was found; only among those first results, on whose part
    it rests until there are enough, it does a little.

    Args:
        ledger: The campaign's, which has the result already.
        objectives: What is wanted.
        level: Name of the level the values were computed at.
        values: What was computed, by the name of the property.
        indicators: What tells about another property, and is then its value at the level.
    """
    shown = [each for each in indicators if each.output.level == level]
    values = _as_told(values, shown)
    telling = [each for each in objectives if each.output.name in values]
    if not telling:
        return None
    if len(telling) == 1:
        return telling[0].merit(values[telling[0].output.name])
    names = {each.output.name for each in telling} | {each.output.name for each in shown}
    compared = reference(ledger, level, names)
    means = _as_told({name: found.mean for name, found in compared.items()}, shown)
    scales = {name: found.scale for name, found in compared.items()}
    scales |= {each.of: scales[each.output.name] for each in shown}
    aims = tuple(Aim(objective=each, scale=scales[each.output.name]) for each in telling)
    usual = total_merit(aims, means)
    merit = total_merit(aims, values)
    return None if merit is None or usual is None else merit - usual


def _as_told(values: Mapping[str, float], indicators: Iterable[Indicator]) -> dict[str, float]:
    """Put values of indicators in the places of what they tell about."""
    told = {
        each.of: -values[each.output.name] if each.falls else values[each.output.name]
        for each in indicators
    }
    return {**values, **told}
