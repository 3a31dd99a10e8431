"""The referee's books of the levels above the first."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, isnan
from typing import TYPE_CHECKING

from molsteer.steering.policy.commands import DispatchSimulation

if TYPE_CHECKING:
    from support.referee import Referee


class Rungs:
    """Knows who may climb, and raises AssertionError when another one does."""

    def __init__(self, referee: Referee) -> None:
        self.referee = referee
        self.levels = [referee.plan.level, *(rung.level for rung in referee.plan.rungs)]
        self.candidates: dict[str, list[tuple[float, int]]] = {
            level: [] for level in self.levels[1:]
        }
        self.may_be_dropped = False

    @property
    def all_over(self) -> bool:
        """Whether the first level has its budget, and the others can get no further."""
        return self._has_budget(self.levels[0]) and all(map(self._is_over, self.levels))

    def budget(self, level: str) -> int:
        """Successful simulations wanted at a level, with exact shares."""
        if level == self.levels[0]:
            return self.referee.plan.budget
        return ceil(self._share(level) * self.budget(self._below(level)))

    def note(self, task: DispatchSimulation, merit: float | None) -> None:
        """A simulation succeeded; its molecule may climb if it has merit."""
        place = self.levels.index(task.level) + 1
        if merit is None or isnan(merit) or place == len(self.levels):
            return
        ranking = sorted([*self.candidates[self.levels[place]], (-merit, task.molecule)])
        # By price, only the policy knows whom its models would drop from a full list.
        kept = None if self.by_price else self.referee.plan.shortlist
        self._note_whether_some_may_be_dropped()
        self.candidates[self.levels[place]] = ranking[:kept]

    def promote(self, task: DispatchSimulation) -> None:
        """Watch a molecule climb; it counts among those in flight already."""
        below, ranking = self._below(task.level), self.candidates[task.level]
        assert (task.molecule, below) in self.referee.labelled, "success below comes first"
        assert ranking, "nobody may climb"
        first = next((at for at, known in enumerate(ranking) if known[1] == task.molecule), None)
        assert first == 0 or (self.by_price and first is not None), "the best molecule climbs"
        del ranking[first]
        free = self.by_price or self._may_be_over(below)
        most = self.budget(task.level) if free else self._part(task.level)
        assert self.referee.begun(task.level) <= most, "more climb than may"

    @property
    def by_price(self) -> bool:
        """Whether models and prices say who climbs, of which the referee knows nothing."""
        return self.referee.plan.promotion == "price"

    def ready(self) -> list[str]:
        """Levels at which the best molecule may begin for certain."""
        if self.by_price:
            return []
        return [
            level
            for level, ranking in self.candidates.items()
            if ranking and self.referee.begun(level) < self._surely(level)
        ]

    def check_end(self) -> None:
        """Nothing that can still be done is left out where a campaign ends by itself."""
        self._note_whether_some_may_be_dropped()
        if self.may_be_dropped:
            return
        for level, ranking in self.candidates.items():
            left = ranking or any(there == level for _, there in self.referee.owed)
            assert self._has_budget(level) or not left, f"the end comes too early for {level}"

    def _note_whether_some_may_be_dropped(self) -> None:
        plan = self.referee.plan
        self.may_be_dropped |= self.by_price and plan.shortlist < plan.budget

    def _below(self, level: str) -> str:
        return self.levels[self.levels.index(level) - 1]

    def _share(self, level: str) -> Fraction:
        (share,) = (rung.share for rung in self.referee.plan.rungs if rung.level == level)
        return Fraction(share).limit_denominator(1_000)

    def _part(self, level: str) -> int:
        below = len(self.referee.labelled_at(self._below(level)))
        return min(floor(self._share(level) * below), self.budget(level))

    def _surely(self, level: str) -> int:
        over = self._is_over(self._below(level))
        return self.budget(level) if over else self._part(level)

    def _has_budget(self, level: str) -> bool:
        return self.referee.spent(level) >= self.budget(level)

    def _is_over(self, level: str) -> bool:
        """Tell whether a level gives no more for certain."""
        if self._has_budget(level):
            return True
        if level == self.levels[0]:
            return self._may_be_over(level) and self.referee.room <= 0
        return self._may_be_over(level) and self._is_over(self._below(level))

    def _may_be_over(self, level: str) -> bool:
        """Tell whether a level may give no more; only models know whether they can name others."""
        if self._has_budget(level):
            return True
        if self.referee.under_way(level):
            return False
        if level == self.levels[0]:
            return self.referee.update is None
        return not self.candidates[level] and self._may_be_over(self._below(level))
