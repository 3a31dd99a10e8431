"""An acquisition: doubt counts against a molecule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from molsteer.inferencer.acquisition import Expectation, Floats


def cautious(expected: Sequence[Expectation], beta: float) -> Floats:
    """Score by the lower end of what is expected, all aims added up."""
    lower_ends = [(one.merit - beta * one.spread) / one.scale for one in expected]
    return np.sum(lower_ends, axis=0)
