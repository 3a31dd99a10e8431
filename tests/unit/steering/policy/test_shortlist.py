from __future__ import annotations

from random import Random

import pytest
from rpds import HashTrieSet

from molsteer.steering.policy.events import Candidate
from molsteer.steering.policy.shortlist import Line, Shortlist, best, best_first, contenders

pytestmark = pytest.mark.fast


def order(shortlist: Shortlist) -> list[int]:
    """Take everything."""
    chosen: HashTrieSet[int] = HashTrieSet()
    molecules = []
    while taken := shortlist.take(chosen):
        molecule, shortlist = taken
        molecules.append(molecule)
    return molecules


def test_what_a_newer_generation_named_comes_before_what_older_ones_did_whatever_the_scores():
    older, newer = Line((Candidate(1, 99.0), Candidate(2, 98.0))), Line((Candidate(3, 1.0),))
    shortlist = Shortlist(fresh=newer, stale=older, starters=Line((Candidate(4, 0.0),)))
    # The scoring was given up or cut short before every chunk had been scored anew.
    assert order(shortlist.age()) == [3, 1, 2, 4]
    assert order(shortlist.age().age()) == [3, 1, 2, 4]


def test_what_was_taken_does_not_come_back_with_age():
    shortlist = Shortlist(fresh=Line((Candidate(1, 2.0), Candidate(2, 1.0))))
    taken = shortlist.take(HashTrieSet())
    assert taken is not None
    assert order(taken[1].age()) == [2]


@pytest.mark.parametrize("new", [0, 3, 40, 400])
@pytest.mark.parametrize("limit", [1, 60, 1_000])
def test_the_best_are_the_same_however_few_come_to_however_many(new: int, limit: int) -> None:
    chance = Random(new)
    scores = [chance.choice([0.0, 0.5, chance.random()]) for _ in range(200 + new)]
    candidates = [Candidate(molecule, score) for molecule, score in enumerate(scores)]
    chance.shuffle(candidates)
    ranking = tuple(sorted(candidates[:200], key=best_first)[:limit])
    hopeful = contenders(ranking, candidates[200:], limit)
    wanted = sorted((*ranking, *candidates[200:]), key=best_first)[:limit]
    assert list(best(ranking, hopeful, limit)) == wanted
