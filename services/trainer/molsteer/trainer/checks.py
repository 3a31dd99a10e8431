"""What `molsteer doctor` checks where models are trained: a small ensemble learns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.shared.doctor.check import Check, Finding

if TYPE_CHECKING:
    from molsteer.trainer.labelled import LabelledMolecules

LARGEST_SHARE = 0.5
"""Part of its first error that an ensemble keeps at most, when it has learned."""


def checks(_file: Path | None) -> Iterator[Check]:
    """Offer the check of a training."""
    yield Check("training", look_at_training, limit_s=180.0)


def look_at_training() -> Iterator[Finding]:
    """Train on made-up molecules whose values follow from their elements."""
    from molsteer.shared.ml.device import choose_device, device_name
    from molsteer.shared.ml.network import Ensemble, draw_weights
    from molsteer.shared.wire.ensemble import Architecture
    from molsteer.shared.wire.specs import TrainingPlan
    from molsteer.trainer.bootstrap import draw_bootstrap
    from molsteer.trainer.fit import fit
    from molsteer.trainer.validation import Validation

    data, device = _triatomics(), choose_device()
    bootstrap = draw_bootstrap(1, (0, 1), len(data))
    ensemble = Ensemble(Architecture(width=8, layers=2), members=2)
    draw_weights(ensemble, seeds=(1, 2))
    ensemble.to(device)
    first = Validation.of(ensemble, data, bootstrap).relative_errors(ensemble).mean()
    plan = TrainingPlan(width=8, layers=2, epochs=40, learning_rate=3e-2)
    last = fit(ensemble, data, bootstrap, plan, 1, lambda: False).error.mean()
    sentence = (
        f"An ensemble was trained on {device_name(device)}; its error went from "
        f"{first:.2f} to {last:.2f}."
    )
    if last <= LARGEST_SHARE * first:
        yield Finding("ok", sentence)
    else:
        yield Finding("problem", sentence, "Install another build of torch.")


def _triatomics() -> LabelledMolecules:
    """Draw three atoms in a row, of all the ways to choose them from carbon to oxygen."""
    from itertools import product

    import numpy as np

    from molsteer.shared.wire.graphs import ATOM_VOCABULARY, BOND_VOCABULARY, PackedGraphs
    from molsteer.trainer.labelled import LabelledMolecules

    elements = np.array([*product((6, 7, 8), repeat=3)], dtype=np.uint8)
    count = len(elements)
    atoms = np.zeros((3 * count, len(ATOM_VOCABULARY)), dtype=np.uint8)
    atoms[:, 0] = elements.ravel()
    bonds = np.zeros((4 * count, len(BOND_VOCABULARY)), dtype=np.uint8)
    bonds[:, 0] = 1
    graphs = PackedGraphs(
        atoms=atoms,
        bonds=bonds,
        bond_ends=np.tile(np.array([[0, 1], [1, 0], [1, 2], [2, 1]], dtype=np.uint16), (count, 1)),
        atom_counts=np.full(count, 3, dtype=np.uint16),
        bond_counts=np.full(count, 4, dtype=np.uint16),
    )
    return LabelledMolecules(graphs, elements.sum(axis=1)[None, :] - 18.0)
