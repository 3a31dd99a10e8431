"""Outputs that have hardly any labels yet, and say what a related one says.

A level of theory is above another because it is dear, so its first labels come late and are few.
Until there are enough of them to learn from, the same property at the level with most labels ranks
molecules far better than a network that has seen a handful of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from molsteer.shared.ml.network import Ensemble
from molsteer.shared.wire.properties import Output
from molsteer.trainer.labelled import LabelledMolecules

_ENOUGH_LABELS = 20
"""Of which a member sees some 13, and is judged by 7."""


def lenders(outputs: Sequence[Output], data: LabelledMolecules) -> dict[int, int]:
    """Find outputs with too few labels, and for each the one that it is to borrow from.

    That is the same property in the same unit at the level with most labels. An output without
    such a relative learns from the labels that it has.
    """
    labels = data.known.sum(axis=1).tolist()
    found = {}
    for poor in range(len(outputs)):
        rich = max(relatives_of(poor, outputs), key=labels.__getitem__)
        if labels[poor] < min(_ENOUGH_LABELS, labels[rich]):
            found[poor] = rich
    return found


def relatives_of(output: int, outputs: Sequence[Output]) -> list[int]:
    """List the outputs that are the same property in the same unit, the output itself as well."""
    own = outputs[output]
    return [
        other
        for other, relative in enumerate(outputs)
        if (relative.name, relative.unit) == (own.name, own.unit)
    ]


@torch.no_grad()
def borrow(ensemble: Ensemble, lent: Mapping[int, int], data: LabelledMolecules) -> None:
    """Let outputs predict what their lenders do, shifted by what labels of both differ by.

    Later training with labels of their own goes on from there.
    """
    for poor, rich in lent.items():
        own, other = ensemble.outputs[poor], ensemble.outputs[rich]
        own.load_state_dict(other.state_dict())
        ensemble.label_mean[:, poor] = ensemble.label_mean[:, rich] + data.shift(poor, rich)
        ensemble.label_spread[:, poor] = ensemble.label_spread[:, rich]
