"""What a forecast takes for granted of tasks, of models and of molecules."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import numpy as np

USUAL_DECAY = 0.25
"""By which power of the labels the error of a model falls, where an earlier campaign tells nothing:
the graph ensemble's, from 100 to 400 labels of QM9."""


_IGNORANCE = 0.999_99

USUAL_HIT_SHARE = 0.01
"""Part of the space that is taken to pass, where nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Duration:
    """How long tasks of one kind take: times that were seen, or a mean and its scatter.

    Attributes:
        mean_s: At no labels, where labels make a difference.
        scatter: Standard deviation of the logarithm, dimensionless.
        per_label_s: How much longer a task takes for each label.
        seen_s: Times to draw from, whatever the others say; none if there are none.
        first_s: How much longer the first task of a worker takes, which loads what it needs.
        first_scatter: Standard deviation of that one's logarithm.
    """

    mean_s: float
    scatter: float = 0.0
    per_label_s: float = 0.0
    seen_s: tuple[float, ...] = ()
    first_s: float = 0.0
    first_scatter: float = 0.0


@dataclass(frozen=True, slots=True)
class Learning:
    """How good models are: the spread of their errors, in spreads of the labels.

    Attributes:
        at_100: After 100 labels.
        decay: By which power of the labels it falls.
        lasting: Part of the error's variance that stays the same from model to model.
    """

    at_100: float = 0.5
    decay: float = USUAL_DECAY
    lasting: float = 0.7

    def error(self, labels: int) -> float:
        """Give the error after so many labels, never more than hardly knowing anything."""
        return min(_IGNORANCE, self.at_100 * exp(-self.decay * log(max(labels, 1) / 100)))


@dataclass(frozen=True, slots=True)
class Assumptions:
    """All that a forecast takes for granted.

    Attributes:
        simulate: A simulation at the first level.
        train: The training of one group of members.
        infer: The scoring of one chunk.
        start_s: From the beginning until workers are there.
        latency_s: From the end of a task until its worker begins the next, if one waits.
        failing: Part of the simulations that fail for good.
        hit_share: Part of the space that passes the threshold.
        drawn: Hits, and molecules among which they were, by which that part was estimated: each
            imagined campaign draws what it is in truth; None if it is known.
    """

    simulate: Duration
    train: Duration
    infer: Duration
    start_s: float = 0.0
    latency_s: float = 0.01
    failing: float = 0.0
    hit_share: float = USUAL_HIT_SHARE
    learning: Learning = Learning()
    drawn: tuple[int, int] | None = None

    def true_hit_share(self, chance: np.random.Generator) -> float:
        """Draw which part of the space passes, as far as it is known."""
        if self.drawn is None:
            return self.hit_share
        hits, molecules = self.drawn
        return float(chance.beta(hits + 0.5, molecules - hits + 0.5))
