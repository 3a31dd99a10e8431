"""How good a molecule is by what was computed of it, and what that is measured in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from molsteer.shared.wire.properties import Aim, Objective, total_merit
from molsteer.steering.ledger import known_labels, results
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.reference import reference
from molsteer.steering.records.figures.pareto.front import front

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


def front_as_of(ledger: Ledger, aims: Sequence[Aim], count: int, known: int | None = None) -> Front:
    """Give the merits of the molecules that no other one beats by all aims at once.

    Molecules count of which there is a label for each aim. Of a front of more than `MOST`, those
    with the best sums are given.

    Args:
        ledger: The campaign's.
        aims: What is wanted, in which scales.
        count: Which results count, beside the known labels: the first so many.
        known: Which known labels count: the first so many, or all.

    Returns:
        Merits of each molecule in the scales of the aims, the best sum first.
    """
    outputs = [aim.objective.output for aim in aims]
    labels = np.hstack(
        [
            known_labels.labelled(ledger, outputs, known)[1],
            results.first_labels(ledger, count, outputs)[1],
        ]
    )
    merits = np.array(
        [aim.objective.merit(row) / aim.scale for aim, row in zip(aims, labels, strict=True)]
    ).T
    merits = merits[~np.isnan(merits).any(axis=1)]
    if len(aims) == 1:  # as `front` would, of any number of labels
        merits = merits[np.argsort(-merits[:, 0], kind="stable")[:1]]
    merits = merits[front(merits.tolist())]
    best_first = np.argsort(-merits.sum(axis=1), kind="stable")[:MOST]
    return tuple(map(tuple, merits[best_first].tolist()))


def merit_of(
    ledger: Ledger, objectives: Sequence[Objective], level: str, values: Mapping[str, float]
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
    """
    telling = [each for each in objectives if each.output.name in values]
    if len(telling) < 2:
        return total_merit(tuple(Aim(objective=each) for each in telling), values)
    compared = reference(ledger, level, {each.output.name for each in telling})
    aims = tuple(Aim(objective=each, scale=compared[each.output.name].scale) for each in telling)
    usual = total_merit(aims, {name: found.mean for name, found in compared.items()})
    merit = total_merit(aims, values)
    return None if merit is None or usual is None else merit - usual
