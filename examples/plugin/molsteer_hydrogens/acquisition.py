"""An acquisition: doubt counts against a molecule."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def cautious(mean: Floats, spread: Floats, beta: float) -> Floats:
    """Score by the lower end of what is expected."""
    return mean - beta * spread
