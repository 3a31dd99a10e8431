"""Outputs that have hardly any labels yet, and say what a related one says.

A level of theory is above another because it is dear, so its first labels come late and are few.
Until there are enough of them to learn from, the same property at the level with most labels ranks
molecules far better than a network that has seen a handful of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import torch

from molsteer.shared.wire.arrays.relation import Line, Relative, line, relatives
from molsteer.shared.wire.properties import Indicator, Output
from molsteer.trainer.labelled import LabelledMolecules

if TYPE_CHECKING:  # torch-geometric
    from molsteer.shared.ml.network import Ensemble

_ENOUGH_LABELS = 20
"""Of which a member sees some 13, and is judged by 7."""


def lenders(
    outputs: Sequence[Output], data: LabelledMolecules, indicators: Iterable[Indicator] = ()
) -> dict[int, Relative]:
    """Find outputs with too few labels, and for each the one that it is to borrow from.

    That is the relative at the level with most labels. An output without one learns from the labels
    that it has.
    """
    labels = data.known.sum(axis=1).tolist()
    found = {}
    for poor in range(len(outputs)):
        rich = max(relatives(poor, outputs, indicators), key=lambda each: labels[each.output])
        if labels[poor] < min(_ENOUGH_LABELS, labels[rich.output]):
            found[poor] = rich
    return found


@torch.no_grad()
def borrow(ensemble: Ensemble, lent: Mapping[int, Relative], data: LabelledMolecules) -> None:
    """Let outputs predict what follows from what their lenders do.

    Of the same property that is the same, shifted by what labels of both differ by. Later training
    with labels of their own goes on from there.
    """
    for poor, rich in lent.items():
        drawn = _drawn(poor, rich, data)
        own, other = ensemble.outputs[poor], ensemble.outputs[rich.output]
        sign = -1.0 if drawn.slope < 0 else 1.0  # spreads are never negative
        own.load_state_dict({name: sign * value for name, value in other.state_dict().items()})
        mean, spread = ensemble.label_mean, ensemble.label_spread
        mean[:, poor] = drawn.slope * mean[:, rich.output] + drawn.shift
        spread[:, poor] = abs(drawn.slope) * spread[:, rich.output]


def _drawn(poor: int, rich: Relative, data: LabelledMolecules) -> Line:
    if rich.alike and not rich.falls:
        return Line(shift=data.shift(poor, rich.output))
    return line(data.value[rich.output], data.value[poor], rich)
