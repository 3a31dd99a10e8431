"""Which molecules each member learns from, and which judge it: pure functions of the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Each member's own sample of the training set.

    Attributes:
        counts: How often a member sees a molecule, float32, shape (members, molecules).
        held_out: Which molecules judge a member, bool, shape (members, molecules); they are those
            it never sees, unless there is but one molecule.
    """

    counts: npt.NDArray[np.float32]
    held_out: npt.NDArray[np.bool_]


def draw_bootstrap(seed: int, members: Sequence[int], molecules: int) -> Bootstrap:
    """Draw every member's sample; about a third of the molecules is held out of each.

    A draw depends on the seed, the member and the molecule's row alone: when rows are added behind
    the others, every molecule stays on the side where it was.

    Source:
        Poisson counts as in the online bootstrap of Oza and Russell, 2001.
    """
    counts = np.stack([_draw(seed, member, molecules) for member in members])
    held_out = counts == 0
    return Bootstrap(counts, held_out if molecules > 1 else np.ones_like(held_out))


def _draw(seed: int, member: int, molecules: int) -> npt.NDArray[np.float32]:
    counts = np.random.default_rng([seed, member]).poisson(1.0, molecules).astype(np.float32)
    own_row = member % molecules
    if not counts.any():
        counts[own_row] = 1
    elif molecules > 1 and counts.all():
        counts[own_row] = 0
    return counts
