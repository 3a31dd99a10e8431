"""Whether a search space grew from another one; nothing here knows chemistry."""

from __future__ import annotations

import numpy as np

from molsteer.steering.space.errors import DamagedSpace
from molsteer.steering.space.search_space import SearchSpace

_AGAIN = "Add the molecules again"


def check_grown(
    base: SearchSpace, grown: SearchSpace, digest: str, *, features: bool = False
) -> None:
    """See that a space begins with all molecules of another one and has more.

    Args:
        base: What it grew from.
        grown: The space.
        digest: What its digest must be.
        features: Whether it must have features.

    Raises:
        DamagedSpace: If it did not grow from that one, or is not the one that is meant.
    """
    full = len(base) // base.chunk_size
    smiles, offsets = base.names
    more, more_offsets = grown.names
    same = (
        grown.digest == digest
        and grown.chunk_size == base.chunk_size
        and len(grown) > len(base)
        and [each.sha256 for each in grown.chunks[:full]]
        == [each.sha256 for each in base.chunks[:full]]
        and np.array_equal(more_offsets[: len(offsets)], offsets)
        and np.array_equal(more[: len(smiles)], smiles)
    )
    if not same:
        raise DamagedSpace(grown.folder, f"it did not grow from {base.folder}", _AGAIN)
    if features and not grown.feature_chunks:
        raise DamagedSpace(grown.folder, "it has no features of its molecules", _AGAIN)
