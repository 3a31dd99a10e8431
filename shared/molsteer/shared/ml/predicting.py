"""Predictions of all members for any number of molecules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.func import functional_call

from molsteer.shared.ml.batch import GraphBatch, collate
from molsteer.shared.ml.environments import Environments, environments
from molsteer.shared.ml.network import Ensemble
from molsteer.shared.wire.graphs import PackedGraphs

_MOST_ON_A_GPU = 2048
"""Molecules of one batch of a GPU, whose memory all members' atoms fill at once."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Molecules as an ensemble reads them on its device, to be asked about once or often."""

    batches: tuple[GraphBatch | Environments, ...]

    @classmethod
    def of(cls, ensemble: Ensemble, graphs: PackedGraphs, batch_size: int) -> Prepared:
        """Prepare molecules; arguments as of `predict`."""
        device = ensemble.label_mean.device
        on_gpu = device.type == "cuda"
        step = min(batch_size, _MOST_ON_A_GPU) if on_gpu else batch_size
        pieces = (
            graphs.take(np.arange(start, min(start + step, len(graphs))))
            for start in range(0, len(graphs), step)
        )
        if on_gpu:
            return cls(tuple(collate(piece).to(device) for piece in pieces))
        rounds = len(ensemble.rounds)
        return cls(tuple(environments(piece, rounds) for piece in pieces))

    @torch.inference_mode()
    def ask(self, ensemble: Ensemble) -> npt.NDArray[np.float32]:
        """Predict every molecule with every member; what is given is as of `predict`."""
        on_gpu = ensemble.label_mean.device.type == "cuda"
        compute = ensemble if on_gpu else _one_by_one(ensemble)
        values = [compute(batch).cpu().numpy() for batch in self.batches]
        none = np.empty((*ensemble.label_mean.shape, 0), dtype=np.float32)
        return np.concatenate([none, *values], axis=-1)


def predict(ensemble: Ensemble, graphs: PackedGraphs, batch_size: int) -> npt.NDArray[np.float32]:
    """Predict every molecule with every member.

    Args:
        ensemble: The networks, on any device.
        graphs: The molecules.
        batch_size: Molecules computed at a time, at most. On a CPU, atoms of these that are alike
            are computed once.

    Returns:
        Values in the units of the outputs, shape (members, outputs, molecules).
    """
    return Prepared.of(ensemble, graphs, batch_size).ask(ensemble)


def _one_by_one(ensemble: Ensemble) -> Callable[[GraphBatch | Environments], Tensor]:
    """Compute member after member, whose tensors fit into a CPU's cache; the answer is the same."""
    tensors = ensemble.state_dict()
    members = [
        {name: tensor[member : member + 1] for name, tensor in tensors.items()}
        for member in range(len(ensemble.label_mean))
    ]
    return lambda batch: torch.cat([functional_call(ensemble, own, (batch,)) for own in members])
