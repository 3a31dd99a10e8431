"""Which molecules to simulate first, from what the ensemble predicts: functions of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from inspect import signature

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.errors import UnusableScores
from molsteer.shared.plugins import find_plugin
from molsteer.shared.wire.properties import Aim, Objective, Output
from molsteer.shared.wire.specs import Acquisition

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the ensemble expects of molecules, for one objective.

    Attributes:
        objective: What is wanted; its output has the unit of all numbers here.
        scale: How much of the unit weighs as much as the scale of another objective; 1 where
            there is but one objective.
        mean: Predicted values, shape (molecules,).
        spread: Standard deviation of the members around them, shape (molecules,).
    """

    objective: Objective
    scale: float
    mean: Floats
    spread: Floats

    @property
    def merit(self) -> Floats:
        """The means turned so that larger is better, whatever the goal."""
        return self.objective.merit(self.mean)


@dataclass(frozen=True, slots=True)
class Known:
    """What a rule may know beside what is expected; the same for all chunks of an update.

    Attributes:
        front: Merits of labelled molecules that no other one beats by all aims at once, each in
            the scale of its aim, shape (points, aims); the best for a single aim. Empty while
            there is none.
        worst: Lowest merit by each aim among all labels, in its scale, shape (aims,); empty while
            there is none.
        seed: Seed of the campaign.
        generation: Number of the update.
        molecules: Numbers of the molecules in the search space.
    """

    front: Floats = field(default_factory=lambda: np.empty((0, 0)))
    seed: int = 0
    generation: int = 0
    molecules: range = range(0)
    worst: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def best(self) -> float | None:
        """The best sum of all merits, each in its scale; None while there is none."""
        return float(self.front.sum(axis=1).max()) if len(self.front) else None


Rule = Callable[[Sequence[Expectation], float], Floats]
"""What is expected for each aim, and beta, to a score for each molecule, shape (molecules,).

A package offers one in the entry-point group `molsteer.acquisitions` under the rule's name. A rule
that takes a third argument gets `Known`."""


def mean_and_spread(predictions: npt.NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Reduce the members' predictions to one value and one doubt for each molecule.

    Sums run in float64: in float32, members that agree exactly show a spread of 1e-6.

    Args:
        predictions: Values in the units of the outputs, shape (members, outputs, molecules).

    Returns:
        Mean and population standard deviation over the members, each (outputs, molecules).
    """
    exact = predictions.astype(np.float64)
    return exact.mean(axis=0), exact.std(axis=0)


def expectations(
    aims: Sequence[Aim], outputs: Sequence[Output], mean: Floats, spread: Floats
) -> tuple[Expectation, ...]:
    """Give each aim what is expected of its output.

    The arrays are copies, so that a rule that computes in place does not change what was predicted.

    Args:
        aims: What is wanted; each objective is of one of the outputs.
        outputs: What is predicted, in the order of the arrays.
        mean: Shape (outputs, molecules).
        spread: Likewise.
    """
    rows = [outputs.index(aim.objective.output) for aim in aims]
    return tuple(
        Expectation(aim.objective, aim.scale, mean[row].copy(), spread[row].copy())
        for aim, row in zip(aims, rows, strict=True)
    )


def ucb(expected: Sequence[Expectation], beta: float) -> Floats:
    """Prefer what is good, and doubt; aims are added up in their scales.

    Source:
        The GP-UCB rule of Srinivas et al., 2010 (arXiv:0912.3995), with the ensemble's standard
        deviation in place of the posterior's.
    """
    return total((one.merit + beta * one.spread) / one.scale for one in expected)


def greedy(expected: Sequence[Expectation], _beta: float) -> Floats:
    """Prefer what is good, whatever the doubt; aims are added up in their scales."""
    return total(one.merit / one.scale for one in expected)


def score(
    expected: Sequence[Expectation], acquisition: Acquisition, known: Known | None = None
) -> Floats:
    """Score molecules by the rule that an acquisition names; higher is simulated sooner.

    Raises:
        PluginMissing: If no package installed here offers the rule.
        UnusableScores: If the rule does not give one number for each molecule that is finite,
            also in the float32 in which candidates travel.
    """
    rule = find_plugin("acquisition", acquisition.kind).load()
    wanted = expected[0].mean.shape
    known = known or Known(molecules=range(*wanted))
    given = (expected, acquisition.beta, known)[: 3 if _takes_known(rule) else 2]
    scores = np.asarray(rule(*given), dtype=np.float64)
    most = np.finfo(np.float32).max
    if scores.shape != wanted or not (np.abs(scores) <= most).all():
        raise UnusableScores(acquisition.kind, wanted, scores.shape)
    return scores


def _takes_known(rule: Callable[..., Floats]) -> bool:
    try:
        signature(rule).bind(None, None, None)
    except (TypeError, ValueError):
        return False
    return True


def best_rows(scores: Floats, keep: int, also: Sequence[int] = ()) -> npt.NDArray[np.int64]:
    """Find the highest scores without sorting all of them.

    Args:
        scores: One score for each row, all finite.
        keep: How many rows to return; all of them if there are fewer.
        also: Rows to return beside these, whatever their score.

    Returns:
        Rows, best first; of equal scores the lower row comes first and is kept rather.
    """
    if keep < len(scores):
        bar = -np.partition(-scores, keep - 1)[keep - 1]
        above = np.flatnonzero(scores > bar)
        level = np.flatnonzero(scores == bar)
        rows = np.concatenate([above, level[: keep - len(above)]])
        rows = np.union1d(rows, np.array(also, dtype=np.int64))
    else:
        rows = np.arange(len(scores))
    return rows[np.lexsort((rows, -scores[rows]))]


def total(scores: Iterable[Floats]) -> Floats:
    """Add up what several aims give, molecule by molecule."""
    added: Floats = np.sum(list(scores), axis=0)
    return added
