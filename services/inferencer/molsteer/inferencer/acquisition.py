"""Which molecules to simulate first, from what the ensemble predicts: functions of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

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


Rule = Callable[[Sequence[Expectation], float], Floats]
"""What is expected for each aim, and beta, to a score for each molecule, shape (molecules,).

A package offers one in the entry-point group `molsteer.acquisitions` under the rule's name."""


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
    return _total((one.merit + beta * one.spread) / one.scale for one in expected)


def greedy(expected: Sequence[Expectation], _beta: float) -> Floats:
    """Prefer what is good, whatever the doubt; aims are added up in their scales."""
    return _total(one.merit / one.scale for one in expected)


def score(expected: Sequence[Expectation], acquisition: Acquisition) -> Floats:
    """Score molecules by the rule that an acquisition names; higher is simulated sooner.

    Raises:
        PluginMissing: If no package installed here offers the rule.
        UnusableScores: If the rule does not give one number for each molecule that is finite,
            also in the float32 in which candidates travel.
    """
    rule: Rule = find_plugin("acquisition", acquisition.kind).load()
    wanted = expected[0].mean.shape
    scores = np.asarray(rule(expected, acquisition.beta), dtype=np.float64)
    most = np.finfo(np.float32).max
    if scores.shape != wanted or not (np.abs(scores) <= most).all():
        raise UnusableScores(acquisition.kind, wanted, scores.shape)
    return scores


def best_rows(scores: Floats, keep: int) -> npt.NDArray[np.int64]:
    """Find the highest scores without sorting all of them.

    Args:
        scores: One score for each row, all finite.
        keep: How many rows to return; all of them if there are fewer.

    Returns:
        Rows, best first; of equal scores the lower row comes first and is kept rather.
    """
    if keep < len(scores):
        bar = -np.partition(-scores, keep - 1)[keep - 1]
        above = np.flatnonzero(scores > bar)
        level = np.flatnonzero(scores == bar)
        rows = np.concatenate([above, level[: keep - len(above)]])
    else:
        rows = np.arange(len(scores))
    return rows[np.lexsort((rows, -scores[rows]))]


def _total(scores: Iterable[Floats]) -> Floats:
    total: Floats = np.sum(list(scores), axis=0)
    return total
