"""Acquisitions: doubt counts against a molecule, or the best so far is to be beaten for sure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from molsteer.inferencer.acquisition import Expectation, Floats, Known


def cautious(expected: Sequence[Expectation], beta: float) -> Floats:
    """Score by the lower end of what is expected, all aims added up."""
    lower_ends = [(one.merit - beta * one.spread) / one.scale for one in expected]
    return np.sum(lower_ends, axis=0)


def surely_better(expected: Sequence[Expectation], beta: float, known: Known) -> Floats:
    """Score by how far the lower end lies above the best that is known."""
    return cautious(expected, beta) - (known.best or 0.0)
