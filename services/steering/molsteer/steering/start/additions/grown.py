"""The search space of a campaign as it is now, with the molecules that were added."""

from __future__ import annotations

from pathlib import Path

from molsteer.steering.ledger.additions import grown
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.space.errors import DamagedSpace
from molsteer.steering.space.growth.checking import check_grown
from molsteer.steering.space.search_space import SearchSpace

_CURE = "Restore the run directory from a copy"


def as_grown(space: SearchSpace, ledger: Ledger, run_dir: Path) -> SearchSpace:
    """Open the space that a campaign's grew to; the same one while nothing was added.

    Args:
        space: What the campaign began with.
        ledger: The campaign's.
        run_dir: Its folder, where the grown space lies.

    Raises:
        DamagedSpace: If it is not there, or is not what the ledger says.
    """
    if (addition := grown(ledger)) is None:
        return space
    folder = run_dir / addition.file
    try:
        found = SearchSpace.open(folder)
        check_grown(space, found, addition.sha256)
    except DamagedSpace as error:
        raise DamagedSpace(folder, error.reason, _CURE) from None
    return found
