from __future__ import annotations

import numpy as np
import pytest
import torch

from molsteer.shared.ml.network import Ensemble
from molsteer.shared.wire.ensemble import Architecture
from molsteer.trainer.best_weights import BestWeights

pytestmark = pytest.mark.fast


def after(errors: list[list[float]], patience: int = 2) -> tuple[BestWeights, list[float]]:
    """Record epochs in which every weight equals the epoch's number, and restore the best."""
    ensemble = Ensemble(Architecture(width=2, layers=1), len(errors[0]))
    best = BestWeights(ensemble, patience)
    for epoch, error in enumerate(errors):
        set_all(ensemble, float(epoch))
        best.record(epoch, ensemble, np.array(error))
    set_all(ensemble, -1.0)
    best.restore(ensemble)
    return best, ensemble.outputs[0].bias.flatten().tolist()


@torch.no_grad()
def set_all(ensemble: Ensemble, value: float) -> None:
    for tensor in ensemble.parameters():
        tensor.fill_(value)


def test_each_member_gets_its_own_best_weights_back() -> None:
    best, weights = after([[3.0, 3.0], [1.0, 2.5], [2.0, 2.0]])
    assert weights == [1.0, 2.0]
    assert best.error.tolist() == [1.0, 2.0]


def test_a_member_that_stopped_does_not_change_again() -> None:
    best, weights = after([[3.0, 3.0], [4.0, 2.0], [4.0, 1.5], [1.0, 1.0]])
    assert best.training.tolist() == [False, True]
    assert weights == [0.0, 3.0]
    assert best.last_epoch.tolist() == [2, 3]


def test_a_member_whose_error_is_no_number_stops_and_keeps_its_best() -> None:
    best, weights = after([[3.0, 3.0], [2.0, 2.5], [np.nan, 2.0], [1.0, 1.0]])
    assert weights == [1.0, 3.0]
    assert best.diverged.tolist() == [True, False]
