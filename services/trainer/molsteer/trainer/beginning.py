"""The ensemble as its training begins: drawn at random, or going on from earlier weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from molsteer.shared.ml.errors import WrongArchitecture
from molsteer.shared.ml.network import Ensemble, draw_weights
from molsteer.shared.ml.weights import EnsembleWeights, join
from molsteer.shared.wire.ensemble import Architecture
from molsteer.shared.wire.messages import Train
from molsteer.trainer.bootstrap import Bootstrap
from molsteer.trainer.labelled import LabelledMolecules

_SMALLEST_SPREAD_EV = 1e-3
"""Labels closer together than this are left at their scale in eV."""


def from_scratch(
    body: Train, architecture: Architecture, data: LabelledMolecules, bootstrap: Bootstrap
) -> Ensemble:
    """Draw new members and fit their scales to their own share of the labels."""
    ensemble = Ensemble(architecture, len(body.members))
    draw_weights(ensemble, [_first_seed(body.seed, member) for member in body.members])
    counts = bootstrap.counts.astype(np.float64)
    mean = np.average(np.broadcast_to(data.value_eV, counts.shape), axis=1, weights=counts)
    square = np.average((data.value_eV - mean[:, None]) ** 2, axis=1, weights=counts)
    spread = np.sqrt(square)
    spread[spread < _SMALLEST_SPREAD_EV] = 1.0
    ensemble.label_mean.copy_(torch.from_numpy(mean))
    ensemble.label_spread.copy_(torch.from_numpy(spread))
    return ensemble


def from_weights(
    parts: Sequence[EnsembleWeights], members: Sequence[int], architecture: Architecture
) -> Ensemble:
    """Go on with earlier weights of the same members, on the scales they were trained with.

    Raises:
        UnusableWeights: If a member is missing.
        WrongArchitecture: If they are of another architecture.
    """
    whole = join(parts)
    if differences := whole.manifest.architecture.differences(architecture):
        raise WrongArchitecture(differences)
    return whole.select(members).build(torch.device("cpu"))


def _first_seed(seed: int, member: int) -> int:
    return int(np.random.SeedSequence([seed, member, 1]).generate_state(1)[0])
