from __future__ import annotations

import pytest
from rpds import HashTrieSet

from molsteer.steering.policy.events import Candidate
from molsteer.steering.policy.shortlist import Line, Shortlist

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
