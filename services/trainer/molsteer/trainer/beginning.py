"""The ensemble as its training begins: drawn at random, or going on from earlier weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from molsteer.shared.ml.errors import WrongArchitecture
from molsteer.shared.ml.network import Ensemble, draw_weights
from molsteer.shared.ml.weights import EnsembleWeights, join
from molsteer.shared.wire.ensemble import Architecture
from molsteer.shared.wire.learning import Train
from molsteer.trainer.bootstrap import Bootstrap
from molsteer.trainer.labelled import LabelledMolecules
from molsteer.trainer.scales import fit_scales


def from_scratch(
    body: Train, architecture: Architecture, data: LabelledMolecules, bootstrap: Bootstrap
) -> Ensemble:
    """Draw new members and fit their scales to their own share of the labels."""
    ensemble = Ensemble(architecture, len(body.members))
    draw_weights(ensemble, [_first_seed(body.seed, member) for member in body.members])
    ensemble.label_spread.zero_()
    fit_scales(ensemble, data, bootstrap)
    return ensemble


def from_weights(
    body: Train,
    architecture: Architecture,
    data: LabelledMolecules,
    bootstrap: Bootstrap,
    parts: Sequence[EnsembleWeights],
) -> Ensemble:
    """Go on with earlier weights of the same members, on the scales they were trained with.

    Raises:
        UnusableWeights: If a member is missing.
        WrongArchitecture: If they are of another architecture, or predict something else.
    """
    whole = join(parts)
    manifest = whole.manifest
    differences = manifest.differences(body.outputs)
    if differences := differences or manifest.architecture.differences(architecture):
        raise WrongArchitecture(differences)
    ensemble = whole.select(body.members).build(torch.device("cpu"))
    fit_scales(ensemble, data, bootstrap)
    return ensemble


def _first_seed(seed: int, member: int) -> int:
    return int(np.random.SeedSequence([seed, member, 1]).generate_state(1)[0])
