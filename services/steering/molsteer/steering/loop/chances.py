"""How probably a molecule is among the best at the highest level, by models and by cheaper labels.

There are as many best as the highest level has places. What must be passed to be one of them is
told by labels, and by what models said of the molecules that they ranked highest before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, erfc

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.arrays.relation import Line, line, relatives
from molsteer.shared.wire.properties import Aim, Indicator, Limit, Output
from molsteer.steering.ledger import known_labels, results
from molsteer.steering.ledger.learning.rankings import predicted_means
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.merits import aims_as_of, limits_as_of
from molsteer.steering.settings.amounts import whole
from molsteer.steering.settings.campaign import CampaignSettings

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.floating]

_LEAST = 1e-9
"""Spread that is reckoned with where models agree exactly, in parts of a scale."""


@dataclass(frozen=True, slots=True)
class Chances:
    """What one update knows beside its models.

    Attributes:
        aims: What is wanted, in scales.
        outputs: What models predict, in the order of the arrays.
        limits: What has to be kept.
        below: For each output what tells about it at cheaper levels, the cheapest first, and how
            the output follows from it.
        molecules: Molecules that have labels, ascending.
        labels: These, NaN where there is none, shape (outputs, molecules).
        bar: Merit that makes a molecule one of the best; None while nothing tells.
    """

    aims: tuple[Aim, ...]
    outputs: tuple[Output, ...]
    limits: tuple[Limit, ...]
    below: tuple[tuple[tuple[int, Line], ...], ...]
    molecules: Rows
    labels: Floats
    bar: float | None

    def of(self, molecules: Rows, mean: Numbers, spread: Numbers) -> list[float | None]:
        """Give the chance of each molecule to be among the best, and to keep all limits.

        Args:
            molecules: Shape (n,).
            mean: What models predict, in the units of the outputs, shape (outputs, n).
            spread: Standard deviations, likewise.
        """
        if self.bar is None:
            return [None] * len(molecules)
        expected, doubt = self._known_better(molecules, mean, spread)
        merit, variance = np.zeros(len(molecules)), np.zeros(len(molecules))
        for aim in self.aims:
            row = self.outputs.index(aim.objective.output)
            merit += aim.objective.merit(expected[row]) / aim.scale
            variance += (doubt[row] / aim.scale) ** 2
        away = (merit - self.bar) / np.sqrt(np.maximum(variance, _LEAST**2))
        chance = _below(away)
        for limit in self.limits:
            row, (lowest, highest) = self.outputs.index(limit.output), limit.ends
            width = np.maximum(doubt[row], _LEAST)
            below_it, above_it = (
                _below((end - expected[row]) / width) for end in (lowest, highest)
            )
            chance *= above_it - below_it
        return list(chance.tolist())

    def _known_better(
        self, molecules: Rows, mean: Numbers, spread: Numbers
    ) -> tuple[Floats, Floats]:
        """Put labels of cheaper levels to what models say of molecules that have some."""
        labels = self._labels_of(molecules)
        expected, doubt = mean.astype(np.float64), spread.astype(np.float64)
        for output, relations in enumerate(self.below):
            for lower, told in relations:
                known = np.isfinite(labels[lower])
                surprise = labels[lower, known] - mean[lower, known]
                expected[output, known] = mean[output, known] + told.slope * surprise
                if told.spread is not None:
                    doubt[output, known] = np.minimum(spread[output, known], told.spread)
            known = np.isfinite(labels[output])
            expected[output, known], doubt[output, known] = labels[output, known], 0.0
        return expected, doubt

    def _labels_of(self, molecules: Rows) -> Floats:
        labels = np.full((len(self.outputs), len(molecules)), np.nan)
        if len(self.molecules):
            place = np.searchsorted(self.molecules, molecules).clip(max=len(self.molecules) - 1)
            known = self.molecules[place] == molecules
            labels[:, known] = self.labels[:, place[known]]
        return labels


def chances_as_of(ledger: Ledger, settings: CampaignSettings) -> Chances:
    """Give what is known now.

    Args:
        ledger: The campaign's.
        settings: Likewise.
    """
    outputs, count = settings.outputs, results.count(ledger)
    molecules, labels = results.first_labels(ledger, count, outputs)
    order = np.argsort(molecules)
    molecules, labels = molecules[order], labels[:, order]
    levels = [level.name for level in settings.levels]
    below = _below_each(outputs, settings.indicators, levels, labels)
    aims = aims_as_of(ledger, settings.objectives, count)
    limits = limits_as_of(ledger, settings.limits, count)
    predicted = _predicted(ledger, outputs, below)
    places, bar = whole(settings.campaign.budget), None
    for rung in settings.rungs:
        places = ceil(rung.part_of(places))
    if predicted.shape[1]:
        merits = [
            _merits(aims, limits, outputs, values)
            for values in (predicted, _completed(labels, below))
        ]
        known = np.concatenate(merits)
        known = np.sort(known[np.isfinite(known)])
        bar = float(known[-min(places, len(known))]) if len(known) else None
    return Chances(aims, outputs, limits, below, molecules, labels, bar)


def _predicted(
    ledger: Ledger, outputs: Sequence[Output], below: Sequence[Sequence[tuple[int, Line]]]
) -> Floats:
    """Give what models said last of molecules without a result, shape (outputs, molecules).

    What they said of an output that they had seen no label of is the cheaper level's number. It is
    put where the line puts it, for levels may lie far from each other.
    """
    updates, means = predicted_means(ledger, len(outputs))
    for update in np.unique(updates).tolist():
        trained = results.models(ledger, update)
        if not trained:  # they were given, and nobody knows
            continue
        unseen = _unseen(ledger, outputs, trained[0].labels)
        if not unseen:
            break  # nor has any later one
        for output in unseen:
            told = [each for each in below[output] if each[1].labels]
            for lower, drawn in told[-1:]:
                of_it = updates == update
                means[output, of_it] = drawn.shift + drawn.slope * means[lower, of_it]
    return means


def _unseen(ledger: Ledger, outputs: Sequence[Output], labels: int) -> list[int]:
    """Tell of which outputs there is no label at all among the first so many."""
    lesson = known_labels.lesson(ledger, labels)
    given = known_labels.labelled(ledger, outputs, lesson.known)[1]
    found = results.first_labels(ledger, lesson.results, outputs)[1]
    values = np.hstack([given, found])
    return [output for output, row in enumerate(values) if np.isnan(row).all()]


def _merits(
    aims: Sequence[Aim], limits: Sequence[Limit], outputs: Sequence[Output], values: Floats
) -> Floats:
    """Give merits of molecules, of values of all outputs; NaN of those that break a limit."""
    merits = np.zeros(values.shape[1])
    for aim in aims:
        merits += aim.objective.merit(values[outputs.index(aim.objective.output)]) / aim.scale
    for limit in limits:
        row, (lowest, highest) = values[outputs.index(limit.output)], limit.ends
        merits[(row <= lowest) | (row >= highest)] = np.nan
    return merits


def _below_each(
    outputs: Sequence[Output],
    indicators: Sequence[Indicator],
    levels: Sequence[str],
    labels: Floats,
) -> tuple[tuple[tuple[int, Line], ...], ...]:
    rank = [levels.index(output.level) for output in outputs]
    found = []
    for place in range(len(outputs)):
        every = relatives(place, outputs, indicators)
        cheaper = sorted(
            (each for each in every if rank[each.output] < rank[place]),
            key=lambda each: rank[each.output],
        )
        lines = (line(labels[each.output], labels[place], each) for each in cheaper)
        found.append(
            tuple((each.output, drawn) for each, drawn in zip(cheaper, lines, strict=True))
        )
    return tuple(found)


def _completed(labels: Floats, below: Sequence[Sequence[tuple[int, Line]]]) -> Floats:
    """Put in what lines make of the labels at the highest of the cheaper levels."""
    whole_labels = labels.copy()
    for output, relations in enumerate(below):
        for lower, told in reversed(relations):
            missing = np.isnan(whole_labels[output])
            whole_labels[output, missing] = told.shift + told.slope * labels[lower, missing]
    return whole_labels


def _below(away: Floats) -> Floats:
    """Give the probability that a standard normal number is below."""
    return np.array([0.5 * erfc(-each / 2**0.5) for each in away.tolist()])
