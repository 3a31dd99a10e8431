"""Outputs that are learned as a correction of the same property at a cheaper level.

A cheap level has many labels, and a dear one some, mostly of the same molecules. Their difference
is smaller and smoother than the property itself, so that a few labels teach it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.arrays.relation import line
from molsteer.shared.wire.properties import Output
from molsteer.trainer.borrowing import relatives_of
from molsteer.trainer.labelled import LabelledMolecules

_ENOUGH_OF_BOTH = 8
"""Molecules with both labels from which a correction is learned; below, it is the same for all."""

Floats = npt.NDArray[np.float64]


class Correction(NamedTuple):
    """What an output is learned as: slope times another one, and a model of the rest."""

    base: int
    slope: float


def corrections(outputs: Sequence[Output], data: LabelledMolecules) -> dict[int, Correction]:
    """Find the outputs that are learned as a correction, and of what.

    They have labels of fewer molecules than the same property at another level, and of most of
    these both are known.

    Source:
        The autoregressive model of Kennedy and O'Hagan, Biometrika 87 (2000), 1, solved level after
        level as by Le Gratiet and Garnier, Int. J. Uncertain. Quantif. 4 (2014), 365.
    """
    labels = data.known.sum(axis=1).tolist()
    found = {}
    for output in range(len(outputs)):
        base = max(relatives_of(output, outputs), key=labels.__getitem__)
        drawn = line(data.value[base], data.value[output])
        enough = max(_ENOUGH_OF_BOTH, labels[output] / 2)
        if labels[base] > labels[output] and drawn.labels >= enough:
            found[output] = Correction(base, drawn.slope)
    return found


def learned_values(data: LabelledMolecules, corrected: Mapping[int, Correction]) -> Floats:
    """Give what models learn: labels, or what is left of them where an output is a correction."""
    values = data.value.copy()
    for output, (base, slope) in corrected.items():
        values[output] -= slope * data.value[base]
    return values
