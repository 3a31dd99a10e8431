"""What `molsteer doctor` checks where networks are trained or asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.shared.doctor.check import Check, Finding

if TYPE_CHECKING:
    from molsteer.shared.wire.graphs import PackedGraphs

_NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def checks(_file: Path | None) -> Iterator[Check]:
    """Offer the checks of torch, its device, and the network on it."""
    yield Check("torch", look_at_torch, limit_s=120.0)


def look_at_torch() -> Iterator[Finding]:
    """Check the device, and compute an ensemble on it."""
    import torch

    from molsteer.shared.ml.device import choose_device, device_name

    device = choose_device()
    sentence = f"torch {torch.__version__} computes on {device_name(device)}."
    if device.type == "cpu" and _NVIDIA_DRIVER.exists():
        cure = "Install a CUDA build of torch that fits the driver, or free the GPU."
        yield Finding("warning", f"{sentence} The GPU here is not used.", cure)
    else:
        yield Finding("ok", sentence)
    yield _trial()


def _trial() -> Finding:
    import numpy as np

    from molsteer.shared.ml.device import choose_device
    from molsteer.shared.ml.network import Ensemble, draw_weights
    from molsteer.shared.ml.predicting import predict
    from molsteer.shared.wire.ensemble import Architecture

    ensemble, graphs = Ensemble(Architecture(width=8, layers=2, outputs=2), members=2), _ethanol()
    draw_weights(ensemble, seeds=(1, 2))
    on_cpu = predict(ensemble, graphs, batch_size=1)
    there = predict(ensemble.to(choose_device()), graphs, batch_size=1)
    if np.allclose(there, on_cpu, atol=1e-3):
        return Finding("ok", "The network computes ethanol there as it should.")
    sentence = f"The network computes {there.ravel()} there, and {on_cpu.ravel()} on the CPU."
    return Finding("problem", sentence, "Install another build of torch.")


def _ethanol() -> PackedGraphs:
    """Draw two carbons and an oxygen in a row; only their elements and bonds are told apart."""
    import numpy as np

    from molsteer.shared.wire.graphs import ATOM_VOCABULARY, BOND_VOCABULARY, PackedGraphs

    atoms = np.zeros((3, len(ATOM_VOCABULARY)), dtype=np.uint8)
    atoms[:, 0] = 6, 6, 8
    bonds = np.zeros((4, len(BOND_VOCABULARY)), dtype=np.uint8)
    bonds[:, 0] = 1
    return PackedGraphs(
        atoms=atoms,
        bonds=bonds,
        bond_ends=np.array([[0, 1], [1, 0], [1, 2], [2, 1]], dtype=np.uint16),
        atom_counts=np.array([3], dtype=np.uint16),
        bond_counts=np.array([4], dtype=np.uint16),
    )
