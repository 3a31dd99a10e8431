"""What can be wrong with the data that the learning services are given.

TaskError
├── UnusableGraphs       arrays that are not packed graphs, or hold no molecule
├── UnusableFeatures     arrays that are not features of molecules
├── MissingFeatures      molecules without features, and a surrogate that reads them
├── WrongFeatures        features of another kind than a surrogate was trained on
├── UnusableWeights      arrays that are not the weights of a surrogate
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


class UnusableFeatures(TaskError):
    """Arrays that are not features of molecules."""

    code: ClassVar[str] = "unusable-features"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The features of the molecules cannot be read: {reason} "
            f"Build the search space again with this version of molsteer."
        )
        self.reason = reason


class MissingFeatures(TaskError):
    """Molecules without features, for a surrogate that reads them."""

    code: ClassVar[str] = "missing-features"

    def __init__(self, surrogate: str) -> None:
        super().__init__(
            f"The surrogate {surrogate!r} reads features of molecules, and these come without. "
            f"Build the search space with features, or set train.surrogate to graphs."
        )
        self.surrogate = surrogate


class WrongFeatures(TaskError):
    """Features of another kind than those that a surrogate was trained on."""

    code: ClassVar[str] = "wrong-features"

    def __init__(self, found: str, trained_on: str) -> None:
        super().__init__(
            f"The surrogate was trained on features of another kind: {trained_on}, where the "
            f"molecules have {found}. Build the search space again with this version of molsteer, "
            f"and train from scratch."
        )
        self.found, self.trained_on = found, trained_on


class UnusableWeights(TaskError):
    """Arrays that are not the weights of a surrogate."""

    code: ClassVar[str] = "unusable-weights"

    def __init__(self, reason: str, of: str = "ensemble") -> None:
        super().__init__(f"The weights cannot be used: {reason} Train the {of} again from scratch.")
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
