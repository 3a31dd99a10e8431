"""Who may climb, in which order."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import replace

from molsteer.steering.policy.events import Candidate
from molsteer.steering.policy.state import Standing, State


def nominate(state: State, place: int, molecule: int, merit: float | None) -> State:
    """Note what a simulation at a level promises for the level above.

    Args:
        state: Where the campaign is.
        place: Of the level above among the levels; there may be none.
        molecule: Which one.
        merit: How good it is; one that has none never climbs.
    """
    if place >= len(state.levels) or merit is None or merit != merit:
        return state
    level = state.levels[place]
    candidates = list(level.candidates)
    insort(candidates, Candidate(molecule, merit), key=_climbs_first)
    kept = tuple(candidates[: state.plan.shortlist])
    return state.at_level(place, replace(level, candidates=kept))


def climbers(state: State) -> frozenset[int]:
    """Give the molecules of which models are to tell what they promise."""
    if state.plan.promotion != "price":
        return frozenset()
    return frozenset(each.molecule for level in state.levels for each in level.candidates)


def weigh(state: State, told: Iterable[Candidate]) -> State:
    """Note what models say of molecules that may climb, and put them in order anew."""
    if not (climbing := climbers(state)):
        return state
    chances = {each.molecule: each.chance for each in told if each.molecule in climbing}
    levels = tuple(_weighed(level, chances) for level in state.levels)
    return replace(state, levels=levels)


def _weighed(level: Standing, chances: Mapping[int, float | None]) -> Standing:
    told = (
        each._replace(chance=chances.get(each.molecule, each.chance)) for each in level.candidates
    )
    return replace(level, candidates=tuple(sorted(told, key=_climbs_first)))


def _climbs_first(candidate: Candidate) -> tuple[float, float, int]:
    """Sort by what models say, then by merit at the level below, then by number."""
    chance = -1.0 if candidate.chance is None else candidate.chance
    return -chance, -candidate.score, candidate.molecule
