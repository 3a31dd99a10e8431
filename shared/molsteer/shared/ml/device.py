"""What to compute on: asked when a task runs, never when a module is imported."""

from __future__ import annotations

import os

import torch


def choose_device() -> torch.device:
    """Take the first GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_name(device: torch.device) -> str:
    """Name a device for people: `cpu`, or the GPU's own name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def limit_threads() -> None:
    """Compute with one CPU thread, unless `OMP_NUM_THREADS` says otherwise.

    The tensors are small, and threads wait for each other by spinning: where simulations share
    the cores, two threads took thirty times as long as one.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)
