"""Expected hypervolume improvement: by how much a label would let the Pareto front cover more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

import numpy as np

from molsteer.inferencer.acquisition import Expectation, Floats, Known, greedy
from molsteer.inferencer.rules.improvement import SHARP, around_target, bounded, pareto
from molsteer.inferencer.rules.normal import log_excess, log_nearing

Box = tuple[tuple[float, float], ...]
"""Lowest and highest merit by each aim; the last may be infinite."""

BEYOND = 0.1
"""How far behind the front, in parts of its width, what covers nothing lies at least."""

_LEAST = -700.0
"""Logarithm of what is too little to be a number; below it the distance from the front ranks."""


def ehvi(expected: Sequence[Expectation], _beta: float, known: Known) -> Floats:
    """Prefer what lets the front cover most more, on average: logarithm of that hypervolume.

    Merits are taken as independent and, but for distances from a target, as normal. What is beyond
    the front is cut into boxes, in each of which the average is a product over the aims, so that it
    is exact for any number of them. The number of boxes grows with the size of the front to the
    power of the aims less one. As long as nothing is known to improve on, the rule is greedy.

    Source:
        Emmerich, Deutz and Klinkenberg, 2011 (10.1109/CEC.2011.5949880); Couckuyt, Deschrijver and
        Dhaene, 2014 (10.1007/s10898-013-0118-2); Yang, Emmerich, Deutz and Baeck, 2019
        (10.1007/s10898-019-00798-7).
    """
    if not len(known.front):
        return greedy(expected, _beta)
    reference = reference_of(known.front, known.worst)
    excess = [
        {level: _excess(one, level) for level in dict.fromkeys([low, *known.front[:, aim], inf])}
        for aim, (one, low) in enumerate(zip(expected, reference.tolist(), strict=True))
    ]
    gained = np.zeros(len(expected[0].mean))
    for box in beyond(known.front.tolist(), reference.tolist()):
        part = np.ones(len(gained))
        for of_aim, (low, high) in zip(excess, box, strict=True):
            part *= of_aim[low] - of_aim[high]
        gained += part
    told = gained > np.exp(_LEAST)
    logarithm = np.log(np.where(told, gained, 1.0))
    farther = _LEAST + np.minimum(pareto(expected, 0.0, known), 0.0)
    return bounded(np.where(told, logarithm, farther))


def reference_of(front: Floats, worst: Floats) -> Floats:
    """Give the merits that cover nothing: those of the worst labels, as reports measure a front.

    Without these, they are those of the front's ends and a little less, as in BoTorch's
    `infer_reference_point`; that cares less for the ends.

    Args:
        front: Merits of its molecules, shape (points, aims), at least one.
        worst: Lowest merits of all labels, shape (aims,), or empty.
    """
    lowest, width = front.min(axis=0), np.ptp(front, axis=0)
    floor: Floats = lowest - np.where(width > 0, BEYOND * width, 1.0)
    if len(worst):
        floor = np.minimum(worst, lowest)
    return floor


def beyond(front: Sequence[Sequence[float]], reference: Sequence[float]) -> Iterator[Box]:
    """Cut what no point of a front covers into boxes that do not overlap.

    Args:
        front: Merits of its points.
        reference: Where boxes begin.
    """
    *others, low = reference
    inside = [point for point in front if all(a > b for a, b in zip(point, reference, strict=True))]
    if not others:
        yield ((max([low, *(point[0] for point in inside)]), inf),)
        return
    heights = sorted({point[-1] for point in inside})
    for bottom, top in zip([low, *heights], [*heights, inf], strict=True):
        reaching = [point[:-1] for point in inside if point[-1] >= top]
        for box in beyond(reaching, others):
            yield (*box, (bottom, top))


def _excess(one: Expectation, level: float) -> Floats:
    """Give by how much a merit is above a level on average, in scales; below counts as none."""
    if level == inf:
        return np.zeros(len(one.mean))
    if one.objective.goal == "reach":
        if level >= 0.0:  # no distance is below 0
            return np.zeros(len(one.mean))
        return np.exp(log_nearing(*around_target(one), -level))
    spread = np.maximum(one.spread / one.scale, SHARP)
    excess: Floats = spread * np.exp(log_excess((one.merit / one.scale - level) / spread))
    return excess
