"""Early stopping: remembers each member's best weights and when it stops to improve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from molsteer.shared.ml.network import Ensemble


class BestWeights:
    """The best weights of each member so far, each member judged by itself.

    Attributes:
        error: Lowest validation error of each member, float64, shape (members,).
        best_epoch: Epoch of that error, shape (members,).
        last_epoch: Epoch until which each member was trained, shape (members,).
        training: Which members still train; one that stopped never changes again.
        diverged: Which members stopped because their error was no number.
    """

    def __init__(self, ensemble: Ensemble, patience: int) -> None:
        members = len(ensemble.label_mean)
        self._patience = patience
        self._weights = {
            name: tensor.detach().clone() for name, tensor in ensemble.named_parameters()
        }
        self.error = np.full(members, np.inf)
        self.best_epoch = np.zeros(members, dtype=np.int64)
        self.last_epoch = np.zeros(members, dtype=np.int64)
        self.training = np.ones(members, dtype=np.bool_)
        self.diverged = np.zeros(members, dtype=np.bool_)

    def record(self, epoch: int, ensemble: Ensemble, error: npt.NDArray[np.float64]) -> None:
        """Take in the members' validation errors after an epoch; 0 is before the first step.

        A member stops when its error has not fallen for as many epochs as the patience, or is no
        number.
        """
        self.last_epoch[self.training] = epoch
        better = self.training & (error < self.error)
        self.error[better] = error[better]
        self.best_epoch[better] = epoch
        rows = torch.from_numpy(np.flatnonzero(better)).to(ensemble.label_mean.device)
        for name, tensor in ensemble.named_parameters():
            self._weights[name][rows] = tensor.detach()[rows]
        self.diverged |= self.training & ~np.isfinite(error)
        self.training &= ~self.diverged & (epoch - self.best_epoch < self._patience)

    @torch.no_grad()
    def restore(self, ensemble: Ensemble) -> None:
        """Give every member its best weights back."""
        for name, tensor in ensemble.named_parameters():
            tensor.copy_(self._weights[name])
