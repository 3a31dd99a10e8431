"""Imagined molecules: a property with a few outstanding ones, and models that learn it."""

from __future__ import annotations

from itertools import repeat
from math import inf

import numpy as np

from molsteer.steering.forecast.assumptions import Assumptions
from molsteer.steering.forecast.ranking import Numbers, Ranking
from molsteer.steering.policy.events import Candidate
from molsteer.steering.policy.plan import Plan


class Molecules:
    """The molecules of a search space.

    A model's scores are what a regression would predict: their error shrinks with the labels it has
    seen, and all models share a part of it.

    Args:
        plan: Of the campaign that searches them.
        assumptions: What is taken for granted.
        chance: Decides what they are, and what models say of them.

    Attributes:
        starters: Some to begin with, which chance draws.
        threshold: What is at least as good is a hit.
    """

    def __init__(self, plan: Plan, assumptions: Assumptions, chance: np.random.Generator) -> None:
        self._plan, self._learning, self._chance = plan, assumptions.learning, chance
        self._values = _normal(plan.space_size, chance)
        self._lasting = _normal(plan.space_size, chance)
        share = assumptions.true_hit_share(chance)
        self.threshold = float(np.quantile(self._values, 1.0 - share))
        self.starters: list[int] = chance.permutation(plan.space_size)[: 2 * plan.budget].tolist()
        self._open = self._values.copy()
        self._labels = 0
        self._generation = 0
        self._ranking = Ranking(0.0, 0.0, 0, chance)

    def value_of(self, molecule: int) -> float:
        """Give a molecule's value, in spreads from the mean; larger is better."""
        return float(self._values[molecule])

    def choose(self, molecule: int) -> None:
        """Note that nobody asks about a molecule any more."""
        self._open[molecule] = -inf

    def learn(self, labels: int) -> None:
        """Let the next model learn from so many labels."""
        self._labels = labels

    def score(self, generation: int, chunk: int) -> tuple[Candidate, ...]:
        """Let a model score a chunk."""
        if generation != self._generation:
            learning, self._generation = self._learning, generation
            error, limit = learning.error(self._labels), self._plan.shortlist
            self._ranking = Ranking(error, learning.lasting, limit, self._chance)
        molecules = self._plan.molecules_of(chunk)
        here = slice(molecules.start, molecules.stop)
        rows, scores = self._ranking.best_of(self._open[here], self._lasting[here])
        numbers = map(molecules.start.__add__, rows)
        return tuple(map(Candidate._make, zip(numbers, scores, repeat(None))))


def _normal(count: int, chance: np.random.Generator) -> Numbers:
    return chance.standard_normal(count, dtype=np.float32)
