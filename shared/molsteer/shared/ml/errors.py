"""What can be wrong with the data that the learning services are given.

TaskError
├── UnusableGraphs       arrays that are not packed graphs, or hold no molecule
├── UnusableWeights      arrays that are not the weights of an ensemble
└── WrongArchitecture    weights of a network of another build
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from molsteer.shared.errors import TaskError


class UnusableGraphs(TaskError):
    """Arrays that are not packed graphs, or that hold no molecule."""

    code: ClassVar[str] = "unusable-graphs"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The molecules cannot be read: {reason} "
            f"Build the search space again with this version of molsteer."
        )
        self.reason = reason


class UnusableWeights(TaskError):
    """Arrays that are not the weights of an ensemble."""

    code: ClassVar[str] = "unusable-weights"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The weights cannot be used: {reason} Train the ensemble again from scratch."
        )
        self.reason = reason


class WrongArchitecture(TaskError):
    """Weights of a network that is built otherwise than the one they are meant for."""

    code: ClassVar[str] = "wrong-architecture"

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__(
            f"The weights belong to another network: {'; '.join(differences)}. "
            f"Train from scratch, or go back to the settings they were trained with."
        )
        self.differences = list(differences)
