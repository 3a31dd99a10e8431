"""Which molecules come next."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import field
from math import inf
from operator import itemgetter

from rpds import HashTrieSet

from molsteer.steering.policy.events import Candidate
from molsteer.steering.policy.values.frozen import value

_COMPARISONS = 10
"""So many it takes to find a place among a thousand."""

_SCORE = itemgetter(1)
"""A candidate's score: to sort by it alone takes a quarter of the time, where no two are equal."""


@value(frozen=True, slots=True)
class Line:
    """Candidates in order; taking one moves a cursor instead of copying the rest."""

    candidates: tuple[Candidate, ...] = ()
    taken: int = 0

    def __len__(self) -> int:
        """Candidates that were not taken."""
        return len(self.candidates) - self.taken

    @property
    def rest(self) -> tuple[Candidate, ...]:
        """Candidates that were not taken, in order."""
        return self.candidates[self.taken :]

    def take(self, chosen: HashTrieSet[int]) -> tuple[int, Line] | None:
        """Take the first molecule that was never chosen, or None if there is none."""
        for place in range(self.taken, len(self.candidates)):
            molecule = self.candidates[place].molecule
            if molecule not in chosen:
                return molecule, Line(self.candidates, place + 1)
        return None

    def first(self, chosen: HashTrieSet[int]) -> Candidate | None:
        """Give the candidate that `take` would take."""
        taken = self.take(chosen)
        return taken and self.candidates[taken[1].taken - 1]


@value(frozen=True, slots=True)
class Shortlist:
    """Candidates in three lines; a line is used when those before it have nothing left.

    Scores are comparable within a generation only: that is why lines are not mixed, and why
    cutting `fresh` to its best loses nothing.

    Attributes:
        fresh: Candidates of the newest generation, best first.
        stale: Candidates of older generations whose chunk the newest has not scored yet.
        starters: The first molecules: all there is before a model, a last resort after.
    """

    fresh: Line = field(default_factory=Line)
    stale: Line = field(default_factory=Line)
    starters: Line = field(default_factory=Line)

    @classmethod
    def of_starters(cls, molecules: Iterable[int]) -> Shortlist:
        """A shortlist before there is any model."""
        return cls(starters=Line(tuple(Candidate(molecule, -inf) for molecule in molecules)))

    def __len__(self) -> int:
        """Candidates left; a starter that was chosen as a candidate counts until it is met."""
        return len(self.fresh) + len(self.stale) + len(self.starters)

    def take(self, chosen: HashTrieSet[int]) -> tuple[int, Shortlist] | None:
        """Take the best molecule that was never chosen, or None if there is none."""
        if taken := self.fresh.take(chosen):
            return taken[0], Shortlist(taken[1], self.stale, self.starters)
        if taken := self.stale.take(chosen):
            return taken[0], Shortlist(self.fresh, taken[1], self.starters)
        if taken := self.starters.take(chosen):
            return taken[0], Shortlist(self.fresh, self.stale, taken[1])
        return None

    def first(self, chosen: HashTrieSet[int]) -> Candidate | None:
        """Give the candidate that `take` would take."""
        lines = self.fresh, self.stale, self.starters
        return next((each for line in lines if (each := line.first(chosen))), None)

    def age(self) -> Shortlist:
        """Make room for a new generation: everything that was fresh is stale."""
        return Shortlist(Line(), Line(self.fresh.rest + self.stale.rest), self.starters)

    def rank(self, ranking: tuple[Candidate, ...], chunk: range) -> Shortlist:
        """Renew the newest generation's candidates when a chunk's are among them; its old ones go.

        Args:
            ranking: The newest generation's best, best first.
            chunk: The molecules of the chunk.
        """
        first, end = chunk.start, chunk.stop
        stale = [old for old in self.stale.rest if not first <= old.molecule < end]
        return Shortlist(Line(ranking), Line(tuple(stale)), self.starters)

    def renew(self, candidates: tuple[Candidate, ...]) -> Shortlist:
        """Keep nothing but these candidates, best first, and the starters."""
        return Shortlist(Line(candidates), Line(), self.starters)


def best(
    ranking: tuple[Candidate, ...], new: Sequence[Candidate], limit: int
) -> tuple[Candidate, ...]:
    """Give the candidates with the highest scores, best first.

    Args:
        ranking: The best so far, best first.
        new: Others, in any order.
        limit: How many there may be.
    """
    if len(new) > len(ranking) // _COMPARISONS:
        merged = sorted((*ranking, *new), key=_SCORE, reverse=True)
        if len(set(map(_SCORE, merged))) < len(merged):
            merged.sort(key=best_first)
        return tuple(merged[:limit])
    merged = list(ranking)
    merged.reverse()
    for each in new:
        merged.insert(_place(merged, each), each)
    merged.reverse()
    del merged[limit:]
    return tuple(merged)


def _place(worst_first: Sequence[Candidate], new: Candidate) -> int:
    """Give the place of a candidate among others."""
    place, count = bisect_left(worst_first, new.score, key=_SCORE), len(worst_first)
    while place < count and worst_first[place].score == new.score:
        if worst_first[place].molecule <= new.molecule:
            break
        place += 1
    return place


def contenders(
    ranking: tuple[Candidate, ...], candidates: Iterable[Candidate], limit: int
) -> list[Candidate]:
    """Give the candidates that may be among the best with those of a ranking, best first.

    The more chunks of a space are scored, the fewer of the next one are.
    """
    if len(ranking) < limit:
        return list(candidates)
    least = ranking[limit - 1].score if limit else inf
    return [each for each in candidates if each.score >= least]


def best_first(candidate: Candidate) -> tuple[float, int]:
    """Sort by score, and by number where scores are equal."""
    return -candidate.score, candidate.molecule
