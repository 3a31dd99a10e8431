"""Predictions of all members for any number of molecules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.func import functional_call

from molsteer.shared.ml.batch import GraphBatch, collate
from molsteer.shared.ml.network import Ensemble
from molsteer.shared.wire.graphs import PackedGraphs


@torch.inference_mode()
def predict(ensemble: Ensemble, graphs: PackedGraphs, batch_size: int) -> npt.NDArray[np.float32]:
    """Predict every molecule with every member.

    Args:
        ensemble: The networks, on any device.
        graphs: The molecules.
        batch_size: Molecules computed at a time.

    Returns:
        Values in the units of the outputs, shape (members, outputs, molecules).
    """
    device = ensemble.label_mean.device
    compute = ensemble if device.type == "cuda" else _one_by_one(ensemble)
    values = np.empty((*ensemble.label_mean.shape, len(graphs)), dtype=np.float32)
    for start in range(0, len(graphs), batch_size):
        rows = np.arange(start, min(start + batch_size, len(graphs)))
        batch = collate(graphs.take(rows)).to(device)
        values[..., rows] = compute(batch).cpu().numpy()
    return values


def _one_by_one(ensemble: Ensemble) -> Callable[[GraphBatch], Tensor]:
    """Compute member after member, whose tensors fit into a CPU's cache; the answer is the same."""
    tensors = ensemble.state_dict()
    members = [
        {name: tensor[member : member + 1] for name, tensor in tensors.items()}
        for member in range(len(ensemble.label_mean))
    ]
    return lambda batch: torch.cat([functional_call(ensemble, own, (batch,)) for own in members])
