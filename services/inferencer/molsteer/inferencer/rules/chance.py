"""Rules that draw: the same for a molecule wherever and however often it is scored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from molsteer.inferencer.acquisition import Expectation, Floats, Known, total

_PER_MOLECULE = 4
"""Numbers of 64 bits that Philox gives for each value of its counter."""


def thompson(expected: Sequence[Expectation], _beta: float, known: Known) -> Floats:
    """Prefer what a draw from all that may be says is good; each molecule is drawn by itself.

    Source:
        Thompson, 1933 (10.1093/biomet/25.3-4.285), with independent draws as in Hernandez-Lobato
        et al., 2017 (arXiv:1706.01825).
    """
    return total(
        [
            one.objective.merit(one.mean + one.spread * _normal(known, place)) / one.scale
            for place, one in enumerate(expected)
        ]
    )


def random(expected: Sequence[Expectation], _beta: float, known: Known) -> Floats:
    """Prefer nothing: each update ranks in another order."""
    drawn, _ = _uniform(known, len(expected))
    return drawn


def _normal(known: Known, stream: int) -> Floats:
    """Draw a standard normal number for each molecule, by Box and Muller."""
    first, second = _uniform(known, stream)
    drawn: Floats = np.sqrt(-2 * np.log1p(-first)) * np.cos(2 * np.pi * second)
    return drawn


def _uniform(known: Known, stream: int) -> tuple[Floats, Floats]:
    """Draw two numbers from 0 to below 1 for each molecule.

    The molecule's number is the counter of the generator, so that chunks can be cut anyhow.
    """
    key = np.random.SeedSequence([known.seed, known.generation, stream])
    philox = np.random.Philox(
        counter=known.molecules.start, key=key.generate_state(2, dtype=np.uint64)
    )
    raw = philox.random_raw(_PER_MOLECULE * len(known.molecules))
    first, second = (raw.reshape(-1, _PER_MOLECULE)[:, :2] >> 11).T.astype(np.float64) * 2.0**-53
    return first, second
