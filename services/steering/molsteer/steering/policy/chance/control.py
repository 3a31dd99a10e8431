"""Molecules that chance chooses where a model would, by which the model is measured.

They come from a random order of the whole space, so that they tell what simulating at random would
have found. A share of all choices is theirs from the first one that a model makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import ceil

from rpds import HashTrieSet

from molsteer.steering.policy.chance.random_order import molecule_at
from molsteer.steering.policy.plan import Plan
from molsteer.steering.policy.state import Control, State


def draw_if_due(
    plan: Plan, control: Control, chosen: HashTrieSet[int]
) -> tuple[Control, int | None]:
    """Count a choice that a model is about to make, and give the molecule that chance puts there.

    Returns:
        The control after the choice, and the molecule to simulate instead of the model's; None
        where the model chooses.
    """
    owed = round(control.owed + plan.control_share, 9)  # 20 times 0.05 is 1
    if owed < 1.0:
        return Control(owed, control.place), None
    for place, molecule in _order(plan, control, chosen):
        return Control(owed=round(owed - 1.0, 9), place=place + 1), molecule
    return control, None


def next_draws(state: State, chunk: int) -> tuple[int, ...]:
    """Give those molecules of a chunk that chance may choose before the space is ranked again.

    They are as many as its share of a whole shortlist, over all chunks.
    """
    wanted = ceil(state.plan.control_share * state.plan.shortlist)
    of_chunk = state.plan.molecules_of(chunk)
    order = _order(state.plan, state.control, state.chosen)
    molecules = [molecule for _, molecule in islice(order, wanted) if molecule in of_chunk]
    return tuple(sorted(molecules))


def _order(plan: Plan, control: Control, chosen: HashTrieSet[int]) -> Iterator[tuple[int, int]]:
    """Go on in the random order with what was never chosen: places, and molecules there."""
    for place in range(control.place, plan.space_size):
        if (molecule := molecule_at(place, plan.space_size, plan.seed)) not in chosen:
            yield place, molecule
