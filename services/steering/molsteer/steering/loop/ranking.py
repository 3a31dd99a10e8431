"""By which models an update ranks: the best on held-out labels, with spreads that can be believed.

Held-out labels say how wrong each kind of surrogate is, and what its spread is worth. Molecules
that a model chose are unlike those that it learned from, so what they turned out to be has the last
word about the spread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from molsteer.shared.wire.learning import Calibration
from molsteer.shared.wire.properties import Output
from molsteer.shared.wire.specs import Surrogate
from molsteer.steering.ledger import known_labels, results
from molsteer.steering.ledger.learning import rankings
from molsteer.steering.ledger.learning.rankings import Misses, Ranking
from molsteer.steering.ledger.ledger import Ledger

ABOUT_AS_GOOD = 1.1
"""Times the best held-out error up to which a kind counts as about as good, and is averaged in."""

LOOKED_BACK = 50
"""Molecules chosen last that tell what a spread is worth.

The first choices of a search are leaps of models that had seen nothing like them; those that have
learned from them since are not to be judged by these."""

_DOUBTED = 10
"""So many of them weigh as much as the held-out labels, which say that nothing is to be widened."""

_SHARE, _NORMAL = 0.9, 1.6449
"""Part of the values that is to lie within so many spreads, as of a normal distribution."""

_MOST = 3.0
"""Bound of the factor: a few odd molecules must not decide everything."""

Errors = Mapping[Surrogate, tuple[float | None, ...]]


def ranking_of(ledger: Ledger, generation: int, outputs: Sequence[Output]) -> Ranking:
    """Give what an update ranks by, deciding it where that has not been done.

    Args:
        ledger: The campaign's; none of its transactions may be open.
        generation: The update, whose models are all trained.
        outputs: What models predict.
    """
    decided = rankings.of_update(ledger, generation)
    if decided is None:
        decided = _decide(ledger, results.models(ledger, generation), outputs)
        with ledger.transaction():
            rankings.keep(ledger, generation, decided)
    return decided


def _decide(ledger: Ledger, models: Sequence[results.Model], outputs: Sequence[Output]) -> Ranking:
    learned = known_labels.lesson(ledger, models[0].labels if models else 0)
    scales, guess = _of_labels(ledger, outputs, learned)
    errors = _errors(models)
    ranking = best_of(errors, scales) if errors else ("graphs",)
    found = _calibrations(models)
    return Ranking(
        surrogates=ranking,
        errors=dict(errors),
        guess=guess,
        scales=scales,
        calibration={kind: found[kind] for kind in ranking if kind in found},
        widening=tuple(
            widening(rankings.misses(ledger, outputs, place, LOOKED_BACK))
            for place in range(len(outputs))
        ),
    )


def best_of(errors: Errors, scales: Sequence[float]) -> tuple[Surrogate, ...]:
    """Choose the kinds of surrogate to rank by: the best, and those that are about as good.

    Args:
        errors: Held-out errors, output by output; a kind without any is chosen only with all.
        scales: Spread of the labels of each output, in its unit.
    """
    relative = {
        kind: fmean(known)
        for kind, found in errors.items()
        if (
            known := [
                error / scale
                for error, scale in zip(found, scales, strict=True)
                if error is not None
            ]
        )
    }
    if not relative:
        return tuple(errors)
    most = ABOUT_AS_GOOD * min(relative.values())
    return tuple(kind for kind in errors if kind in relative and relative[kind] <= most)


def widening(misses: Misses) -> float:
    """Tell by how much spreads are to be widened, so that 90 % of the values lie within 1.64.

    It is 1 as long as nothing was chosen, and moves as far as the molecules outweigh `_DOUBTED`.
    It never narrows: that models know the molecules that they chose says nothing of the others.
    """
    unwidened = misses.spread / misses.widening
    told = unwidened > 0
    count = int(told.sum())
    if count == 0:
        return 1.0
    with np.errstate(over="ignore"):
        scores = np.sort(np.abs(misses.miss[told]) / unwidened[told])
    # The smallest score that so many of the next values are expected to stay below.
    place = min(int(np.ceil((count + 1) * _SHARE)), count) - 1
    wanted = float(np.clip(scores[place] / _NORMAL, 1.0, _MOST))
    return float(wanted ** (count / (count + _DOUBTED)))


def _errors(models: Sequence[results.Model]) -> dict[Surrogate, tuple[float | None, ...]]:
    """Average the errors of the groups of each kind."""
    told = defaultdict[Surrogate, list[tuple[float | None, ...]]](list)
    for model in models:
        told[model.surrogate].append(model.validation_mae)
    return {kind: tuple(map(_mean, zip(*groups, strict=True))) for kind, groups in told.items()}


def _mean(errors: Sequence[float | None]) -> float | None:
    known = [error for error in errors if error is not None]
    return fmean(known) if known else None


def _calibrations(models: Sequence[results.Model]) -> dict[Surrogate, tuple[Calibration, ...]]:
    """Average the calibrations of the groups of each kind that has any."""
    told = defaultdict[Surrogate, list[tuple[Calibration, ...]]](list)
    for model in models:
        if model.calibration:
            told[model.surrogate].append(model.calibration)
    return {
        kind: tuple(
            Calibration(
                floor=fmean(each.floor for each in output),
                factor=fmean(each.factor for each in output),
            )
            for output in zip(*groups, strict=True)
        )
        for kind, groups in told.items()
    }


def _of_labels(
    ledger: Ledger, outputs: Sequence[Output], learned: known_labels.Lesson
) -> tuple[tuple[float, ...], tuple[float | None, ...]]:
    """Give the spread of the labels of each output, and the error of always guessing their middle.

    Args:
        ledger: The campaign's.
        outputs: What models predict.
        learned: Which labels count.
    """
    _, known = known_labels.labelled(ledger, outputs, learned.known)
    _, found = results.first_labels(ledger, learned.results, outputs)
    labels = [row[~np.isnan(row)] for row in np.hstack([known, found])]
    scales = tuple(results.spread(row) for row in labels)
    return scales, tuple(
        float(np.abs(row - np.median(row)).mean()) if len(row) else None for row in labels
    )
