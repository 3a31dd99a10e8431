"""Outputs that are learned as a correction of what a cheaper level says of them.

A cheap level has many labels, and a dear one some, mostly of the same molecules. Their difference
is smaller and smoother than the property itself, so that a few labels teach it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.arrays.relation import line, relatives
from molsteer.shared.wire.properties import Indicator, Output
from molsteer.trainer.labelled import LabelledMolecules

Floats = npt.NDArray[np.float64]


class Correction(NamedTuple):
    """What an output is learned as: slope times another one, and a model of the rest."""

    base: int
    slope: float


def corrections(
    outputs: Sequence[Output], data: LabelledMolecules, indicators: Iterable[Indicator] = ()
) -> dict[int, Correction]:
    """Find the outputs that are learned as a correction, and of what.

    They have labels of fewer molecules than a relative at another level, and of most of these both
    are known.

    Source:
        The autoregressive model of Kennedy and O'Hagan, Biometrika 87 (2000), 1, solved level after
        level as by Le Gratiet and Garnier, Int. J. Uncertain. Quantif. 4 (2014), 365.
    """
    labels = data.known.sum(axis=1).tolist()
    found = {}
    for output in range(len(outputs)):
        rich = max(relatives(output, outputs, indicators), key=lambda each: labels[each.output])
        base = rich.output
        drawn = line(data.value[base], data.value[output], rich)
        if labels[base] > labels[output] and drawn.labels >= labels[output] / 2:
            found[output] = Correction(base, drawn.slope)
    return found


def learned_values(data: LabelledMolecules, corrected: Mapping[int, Correction]) -> Floats:
    """Give what models learn: labels, or what is left of them where an output is a correction."""
    values = data.value.copy()
    for output, (base, slope) in corrected.items():
        values[output] -= slope * data.value[base]
    return values
