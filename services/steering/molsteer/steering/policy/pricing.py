"""What simulations cost, and what a molecule promises for it."""

from __future__ import annotations

from molsteer.steering.policy.state import State

_UNKNOWN_S = 1.0


def price_s(state: State, place: int) -> float:
    """Give the seconds of a simulation at a level: as stated, or as measured so far.

    A level of which nothing is known yet is taken for as cheap as the one below, so that it is
    tried, and known, soon.
    """
    stated = state.plan.prices[place] if state.plan.prices else None
    if stated is not None:
        return stated
    level = state.levels[place]
    if level.timed and level.seconds > 0:
        return level.seconds / level.timed
    return price_s(state, place - 1) if place else _UNKNOWN_S


def worth(state: State, place: int, chance: float) -> float:
    """Give what a molecule promises by the second, if it is simulated at a level next.

    Only what turns out well climbs further, so that the levels above cost as often as the molecule
    is as good as hoped.

    Args:
        state: Where the campaign is.
        place: Of the level.
        chance: How probably the molecule is among the best at the highest level.

    Source:
        The ratio of gain and cost by which Pandora's boxes are opened where they come in stages;
        Weitzman, Econometrica 47 (1979), 641, has the single stage.
    """
    above = sum(price_s(state, higher) for higher in range(place + 1, len(state.levels)))
    return chance / (price_s(state, place) + chance * above)
